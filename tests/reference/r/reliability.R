# Internal consistency at baseline: alpha, items, omega. Complete rows only.

# Minres as Harman & Jones (1966), 10.1007/BF02289468, wrote it: each loading in turn takes the
# value that minimises the squared residuals off the diagonal, until none moves. Loadings stay
# within 1 (Harman & Fukuda, 1966, 10.1007/BF02289525). psych::fa minimises the same sum with a
# general optimiser that stops earlier, and keeps uniquenesses at .005 or more.
minres_loadings <- function(r) {
  loadings <- sqrt(psych::smc(r))
  for (step in 1:100000) {
    before <- loadings
    for (j in seq_along(loadings)) {
      best <- sum(r[j, -j] * loadings[-j]) / sum(loadings[-j]^2)
      loadings[j] <- max(-1, min(1, best))
    }
    if (max(abs(loadings - before)) < 1e-15) break
  }
  loadings * sign(sum(loadings))
}

omega_of <- function(loadings) {
  sum(loadings)^2 / (sum(loadings)^2 + sum(1 - loadings^2))
}

for (dataset in datasets) {
  items <- read_table(dataset, "items")
  keys <- read_table(dataset, "keys")
  for (scale in unique(keys$scale)) {
    columns <- keys$item[keys$scale == scale]
    answers <- na.omit(items[, columns])
    found <- suppressWarnings(suppressMessages(psych::alpha(answers, warnings = FALSE)))
    alpha <- found$total$raw_alpha
    interval <- psych::alpha.ci(alpha, n.obs = nrow(answers), n.var = ncol(answers))
    record(dataset, scale, list(
      n = nrow(answers), alpha = alpha, alpha.low = interval$lower.ci,
      alpha.high = interval$upper.ci,
      # 1.96 * sqrt(2) * SEM of the sum, Jacobson & Truax (1991).
      reliable_change = qnorm(.975) * sqrt(2) * sd(rowSums(answers)) * sqrt(1 - alpha)
    ), "psych")
    rest <- setNames(found$item.stats$r.drop, columns)
    dropped <- setNames(found$alpha.drop$raw_alpha, columns)
    record(dataset, scale, as.list(prefixed("item_rest", rest)), "psych")
    record(dataset, scale, as.list(prefixed("alpha_if_dropped", dropped)), "psych")

    r <- cor(answers)
    fitted <- suppressWarnings(suppressMessages(psych::fa(r, nfactors = 1, fm = "minres")))
    loadings <- fitted$loadings[, 1]
    record(dataset, scale, list(omega.psych = omega_of(loadings)), "psych")
    exact <- minres_loadings(r)
    record(dataset, scale, list(omega = omega_of(exact), highest_loading = max(exact)), "base")
  }
}

# ICC of before and after. psych's ICC2 (Shrout & Fleiss's ICC(2,1)) is computed as McGraw & Wong's
# ICC(A,1), two-way mixed or random, absolute agreement, single measure: one formula, two readings.
# lmer = FALSE takes the mean squares of the analysis of variance, as McGraw & Wong do.
for (dataset in datasets) {
  scores <- read_table(dataset, "scores")
  for (outcome in outcomes_of(scores)) {
    people <- complete_of(scores, outcome)
    for (group in c("all", levels(people$group))) {
      members <- if (group == "all") people else people[people$group == group, ]
      found <- psych::ICC(members[, c("baseline", "post")], lmer = FALSE)$results
      row <- found[found$type == "ICC2", ]
      record(dataset, outcome, prefixed(paste0("icc.", group), list(
        value = row$ICC, F = row$F, df_effect = row$df1, df_error = row$df2, p = row$p,
        low = row[["lower bound"]], high = row[["upper bound"]]
      )), "psych")
    }
  }
}
