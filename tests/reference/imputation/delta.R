# Delta adjustment of an antidepressant trial (Mallinckrodt et al., 2014, 10.1177/2168479013501310):
# mice's imputations (Bayesian regression, each week from the others, baseline and arm; 1,000 of
# them), delta added to the imputed scores of the drug arm at week 6, ANCOVA, Rubin's rules.
# From tests/reference: Rscript imputation/delta.R
suppressMessages(library(mice))
data <- read.csv("imputation/antidepressant.csv")
data$drug <- as.numeric(data$group == "drug")
wide <- data[c("drug", "baseline", "week_1", "week_2", "week_4", "week_6")]
set.seed(20261130)
imputed <- mice(wide, m = 1000, method = "norm", maxit = 20, printFlag = FALSE)
missing <- is.na(wide$week_6) & wide$drug == 1
values <- c()
for (delta in c(0, 2, 4, 8)) {
  fits <- lapply(1:1000, function(i) {
    completed <- complete(imputed, i)
    completed$week_6[missing] <- completed$week_6[missing] + delta
    lm(week_6 ~ baseline + drug, completed)
  })
  pooled <- summary(pool(as.mira(fits)), conf.int = TRUE)
  row <- pooled[pooled$term == "drug", ]
  values <- c(values, setNames(
    c(row$estimate, row$std.error, row[["2.5 %"]], row[["97.5 %"]], row$p.value),
    paste0("delta_", delta, ".", c("difference", "error", "low", "high", "p"))
  ))
}
write.csv(
  data.frame(statistic = names(values), value = format(values, digits = 12)),
  "imputation/delta.csv", row.names = FALSE, quote = FALSE
)
