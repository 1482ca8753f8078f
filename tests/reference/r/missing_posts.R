# Everybody who was there once: a random intercept for each person, REML, by lme4 and by nlme.

for (dataset in datasets) {
  scores <- read_table(dataset, "scores")
  for (outcome in outcomes_of(scores)) {
    people <- people_of(scores, outcome)
    long <- na.omit(data.frame(
      participant = rep(people$participant, 2),
      is_trained = rep(as.numeric(people$group == "training"), 2),
      is_post = rep(0:1, each = nrow(people)), score = c(people$baseline, people$post)
    ))
    # lme4's default stops early.
    tight <- lme4::lmerControl(
      optimizer = "bobyqa", optCtrl = list(rhobeg = .1, rhoend = 1e-10, maxfun = 1e5),
      check.conv.singular = "ignore"
    )
    fitted <- suppressMessages(suppressWarnings(lmerTest::lmer(
      score ~ is_trained * is_post + (1 | participant), long, REML = TRUE, control = tight
    )))
    row <- summary(fitted, ddf = "Satterthwaite")$coefficients["is_trained:is_post", ]
    variances <- as.data.frame(lme4::VarCorr(fitted))$vcov
    record(dataset, outcome, prefixed("mixed_model", list(
      b = row[["Estimate"]], se = row[["Std. Error"]], t = row[["t value"]],
      df = row[["df"]], p = row[["Pr(>|t|)"]],
      variance_between = variances[1], variance_within = variances[2],
      observations = nrow(long), log_likelihood = as.numeric(logLik(fitted))
    )), "lme4")
  }
}

# nlme's degrees of freedom for effects within people: observations less people less effects within
# (Pinheiro & Bates, 2000). Without missing scores p is that of the t test on change.
for (dataset in datasets) {
  scores <- read_table(dataset, "scores")
  for (outcome in outcomes_of(scores)) {
    people <- people_of(scores, outcome)
    long <- na.omit(data.frame(
      participant = rep(people$participant, 2),
      is_trained = rep(as.numeric(people$group == "training"), 2),
      is_post = rep(0:1, each = nrow(people)), score = c(people$baseline, people$post)
    ))
    fitted <- nlme::lme(
      score ~ is_trained * is_post, long, random = ~ 1 | participant, method = "REML",
      control = nlme::lmeControl(tolerance = 1e-12, msTol = 1e-14, msMaxIter = 500, niterEM = 200)
    )
    row <- summary(fitted)$tTable["is_trained:is_post", ]
    record(dataset, outcome, prefixed("mixed_model_nlme", list(
      b = row[["Value"]], se = row[["Std.Error"]], df = row[["DF"]], t = row[["t-value"]],
      p = row[["p-value"]]
    )), "nlme")
  }
}
