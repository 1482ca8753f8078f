# The difference in change after imputation by chained equations: each time from the other times and
# the group, by Bayesian regression (mice's "norm"), 1,000 imputations, pooled by Rubin's rules.
# From tests/reference: Rscript imputation/mice.R
suppressMessages({library(mice); library(nlme)})
data <- read.csv("imputation/mar_on_middle_time.csv")
data$arm <- as.numeric(data$group == "a")
wide <- data[c("arm", "y_t0", "y_t1", "y_t2")]
set.seed(20261129)
imputed <- mice(wide, m = 1000, method = "norm", maxit = 20, printFlag = FALSE)
pooled <- summary(pool(with(imputed, lm(I(y_t2 - y_t0) ~ arm))), conf.int = TRUE)
row <- pooled[pooled$term == "arm", ]
long <- reshape(
  data, direction = "long", varying = c("y_t0", "y_t1", "y_t2"), v.names = "y", idvar = "id",
  timevar = "time", times = 0:2
)
long <- na.omit(long[order(long$id, long$time), ])
long$time <- factor(long$time)
fitted <- gls(
  y ~ time * arm, long, correlation = corSymm(form = ~ as.integer(time) | id),
  weights = varIdent(form = ~ 1 | time)
)
free <- summary(fitted)$tTable["time2:arm", ]
complete <- summary(lm(I(y_t2 - y_t0) ~ arm, wide))$coefficients["arm", ]
values <- c(
  mice.difference = row$estimate, mice.error = row$std.error, mice.low = row[["2.5 %"]],
  mice.high = row[["97.5 %"]], gls.difference = free[["Value"]], gls.error = free[["Std.Error"]],
  complete.difference = complete[["Estimate"]]
)
write.csv(
  data.frame(statistic = names(values), value = format(values, digits = 12)),
  "imputation/mice.csv", row.names = FALSE, quote = FALSE
)
