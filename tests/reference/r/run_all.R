# Run every script and write r.csv. From tests/reference/: Rscript r/run_all.R

suppressPackageStartupMessages({
  library(afex)
  library(boot)
})
options(digits = 17, warn = 1)
set_sum_contrasts <- afex::set_sum_contrasts
invisible(suppressMessages(set_sum_contrasts()))

source("r/common.R")
for (script in c(
  "reliability", "anova", "change", "assumptions", "resampling", "missing_posts", "numbers"
)) {
  source(file.path("r", paste0(script, ".R")))
}
write.csv(do.call(rbind, recorded), "r.csv", row.names = FALSE, quote = FALSE, eol = "\n")
