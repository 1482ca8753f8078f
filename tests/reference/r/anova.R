# The 2 x 2 mixed analysis of variance, types II and III, and intervals of partial eta squared.

# effectsize finds the noncentralities with a general optimiser that stops early; these are found
# to full precision.
noncentrality <- function(f, df_effect, df_error, share) {
  if (pf(f, df_effect, df_error) <= share) return(0)
  uniroot(
    function(ncp) pf(f, df_effect, df_error, ncp) - share,
    c(0, 10), extendInt = "downX", tol = 1e-13, maxiter = 10000
  )$root
}

eta_interval <- function(f, df_effect, df_error, confidence = .90) {
  tail <- (1 - confidence) / 2
  ncp <- sapply(c(1 - tail, tail), function(share) noncentrality(f, df_effect, df_error, share))
  ncp / (ncp + df_error)
}

for (dataset in datasets) {
  scores <- read_table(dataset, "scores")
  for (outcome in outcomes_of(scores)) {
    people <- complete_of(scores, outcome)
    long <- data.frame(
      participant = factor(rep(people$participant, 2)), group = rep(people$group, 2),
      time = factor(rep(c("baseline", "post"), each = nrow(people))),
      score = c(people$baseline, people$post)
    )
    for (type in c(2, 3)) {
      fitted <- suppressMessages(afex::aov_car(
        score ~ group * time + Error(participant / time),
        data = long, type = type, anova_table = list(es = "pes")
      ))
      table <- fitted$anova_table
      for (effect in rownames(table)) {
        row <- table[effect, ]
        name <- sub("group:time", "interaction", effect)
        f <- row[["F"]]
        record(dataset, outcome, prefixed(paste0("anova_type_", type, ".", name), list(
          F = f, df_effect = row[["num Df"]], df_error = row[["den Df"]],
          p = row[["Pr(>F)"]], partial_eta_squared = row[["pes"]]
        )), "afex")
        if (type == 3) {
          ends <- effectsize::F_to_eta2(
            f, row[["num Df"]], row[["den Df"]], ci = .90, alternative = "two.sided"
          )
          record(dataset, outcome, prefixed(paste0("eta.", name), list(
            effectsize.low = ends$CI_low, effectsize.high = ends$CI_high
          )), "effectsize")
          ends <- eta_interval(f, row[["num Df"]], row[["den Df"]])
          record(dataset, outcome, prefixed(
            paste0("eta.", name), list(low = ends[1], high = ends[2])
          ), "stats")
        }
      }
    }
    # The interaction without each person in turn: its range.
    left_out <- sapply(seq_len(nrow(people)), function(i) {
      t.test(change ~ group, people[-i, ], var.equal = TRUE)$statistic^2
    })
    record(dataset, outcome, list(
      leave_one_out.F.lowest = min(left_out), leave_one_out.F.highest = max(left_out)
    ), "stats")
  }
}
