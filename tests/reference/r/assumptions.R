# Normality and equality of variances, and the rank test.

shapiro <- function(values) {
  if (length(unique(values)) < 2) return(list(W = NA, p = NA))
  test <- shapiro.test(values)
  list(W = unname(test$statistic), p = test$p.value)
}

for (dataset in datasets) {
  scores <- read_table(dataset, "scores")
  for (outcome in outcomes_of(scores)) {
    people <- complete_of(scores, outcome)
    for (time in c("baseline", "post", "change")) {
      name <- paste0("shapiro.", time)
      record(dataset, outcome, prefixed(paste0(name, ".all"), shapiro(people[[time]])), "stats")
      for (group in levels(people$group)) {
        values <- people[people$group == group, time]
        record(dataset, outcome, prefixed(paste(name, group, sep = "."), shapiro(values)), "stats")
      }
      # Levene (1960) takes deviations from means, Brown & Forsythe (1974) from medians.
      for (centre in c("mean", "median")) {
        test <- car::leveneTest(people[[time]], people$group, center = centre)
        name <- if (centre == "mean") "levene" else "brown_forsythe"
        record(dataset, outcome, prefixed(paste(name, time, sep = "."), list(
          F = test[1, "F value"], p = test[1, "Pr(>F)"]
        )), "car")
      }
    }
    # Normal approximation with ties' variance, with and without the continuity correction.
    for (correct in c(TRUE, FALSE)) {
      test <- wilcox.test(change ~ group, people, exact = FALSE, correct = correct)
      name <- if (correct) "mann_whitney_corrected" else "mann_whitney"
      record(dataset, outcome, prefixed(name, list(
        W = unname(test$statistic), p = test$p.value
      )), "stats")
    }
  }
}
