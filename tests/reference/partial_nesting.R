# A trial whose intervention was delivered in groups: the partially nested model by lme4, and the
# interval of the ICC by psych::ICC (clusters of one size). From tests/reference/: Rscript
# partial_nesting.R writes partial_nesting_data.csv (simulated, made once) and partial_nesting.csv.
# Needs r-cran-lme4 r-cran-psych.
source("r/common.R")
set.seed(20261130)
sizes <- c(7, 9, 8, 6, 10, 8)
cluster <- c(rep(paste0("G", 1:6), sizes), rep(NA, 40))
trained <- as.numeric(!is.na(cluster))
common <- rnorm(6, 0, 2)[match(cluster, paste0("G", 1:6))]
pre <- round(rnorm(length(cluster), 20, 5), 2)
post <- round(8 + .6 * pre + 3 * trained + ifelse(is.na(common), 0, common) +
  rnorm(length(cluster), 0, 4), 2)
data <- data.frame(
  participant = sprintf("P%03d", seq_along(cluster)), group = ifelse(trained == 1, "a", "c"),
  training_group = cluster, pre, post
)
write.csv(data, "partial_nesting_data.csv", row.names = FALSE, quote = FALSE, na = "")
data$trained <- trained
data$unit <- ifelse(is.na(cluster), data$participant, cluster)
data$change <- data$post - data$pre
tight <- lme4::lmerControl(
  optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10), check.nobs.vs.nlev = "ignore",
  check.nobs.vs.nRE = "ignore"
)
for (analysis in c("interaction", "ancova")) {
  formula <- if (analysis == "ancova") post ~ trained + pre + (0 + trained | unit) else
    change ~ trained + (0 + trained | unit)
  fitted <- lme4::lmer(formula, data, control = tight)
  spread <- as.data.frame(lme4::VarCorr(fitted))$vcov
  b <- lme4::fixef(fitted)[["trained"]]
  se <- sqrt(as.matrix(vcov(fitted))["trained", "trained"])
  record("partial_nesting", analysis, list(
    icc = spread[1] / sum(spread), difference = b, low = b - qt(.975, 5) * se,
    high = b + qt(.975, 5) * se, p = 2 * pt(-abs(b / se), 5)
  ), "lme4")
}
# Six clusters of six each.
alike <- do.call(cbind, lapply(split(data$change, data$training_group), head, 6))
found <- psych::ICC(t(alike), lmer = FALSE)$results[1, ]
record("partial_nesting", "one_size", list(
  low = found[["lower bound"]], high = found[["upper bound"]]
), "psych")
write.csv(
  do.call(rbind, recorded), "partial_nesting.csv", row.names = FALSE, quote = FALSE, eol = "\n"
)
