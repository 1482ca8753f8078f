# Fit of the one-factor model behind omega: psych::fa by minimal residuals, of complete answers.
# From tests/reference/: Rscript one_factor.R writes one_factor.csv. Needs r-cran-psych.
source("r/common.R")
for (dataset in datasets) {
  items <- read_table(dataset, "items")
  keys <- read_table(dataset, "keys")
  for (scale in unique(keys$scale)) {
    answers <- na.omit(items[, keys$item[keys$scale == scale]])
    if (ncol(answers) < 4 || nrow(answers) < 10) next
    found <- suppressWarnings(suppressMessages(
      psych::fa(cor(answers), nfactors = 1, n.obs = nrow(answers), fm = "minres")
    ))
    record(dataset, scale, list(
      chi2 = found$STATISTIC, df = found$dof, p = found$PVAL, rmsea = found$RMSEA[[1]],
      srmr = found$rms, highest_loading = max(found$loadings)
    ), "psych")
  }
}
write.csv(
  do.call(rbind, recorded), "one_factor.csv", row.names = FALSE, quote = FALSE, eol = "\n"
)
