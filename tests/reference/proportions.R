# Two proportions: Newcombe's interval of their difference from Wilson's intervals (prop.test without
# correction), written out; d of two groups with the interval of the noncentral t (psych); omega
# squared from the sums of squares of a one-way analysis of variance.
# From tests/reference/: Rscript proportions.R writes proportions.csv. Needs r-cran-psych.
source("r/common.R")
for (table in list(c(18, 30, 9, 28), c(0, 25, 3, 22), c(12, 40, 12, 41), c(20, 20, 11, 19))) {
  one <- suppressWarnings(prop.test(table[1], table[2], correct = FALSE))
  other <- suppressWarnings(prop.test(table[3], table[4], correct = FALSE))
  p <- c(one$estimate, other$estimate)
  difference <- p[[1]] - p[[2]]
  low <- difference - sqrt((p[[1]] - one$conf.int[1])^2 + (other$conf.int[2] - p[[2]])^2)
  high <- difference + sqrt((one$conf.int[2] - p[[1]])^2 + (p[[2]] - other$conf.int[1])^2)
  record("counts", paste(table, collapse = "_"), list(
    difference = 100 * difference, low = 100 * low, high = 100 * high, number = 1 / abs(difference)
  ), "stats")
}
for (dataset in datasets) {
  scores <- read_table(dataset, "scores")
  for (outcome in outcomes_of(scores)) {
    people <- complete_of(scores, outcome)
    of_change <- anova(lm(change ~ group, people))
    squares <- of_change[["Sum Sq"]]
    within <- of_change[2, "Mean Sq"]
    omega <- (squares[1] - of_change[1, "Df"] * within) / (sum(squares) + within)
    t <- t.test(change ~ group, people, var.equal = TRUE)$statistic[[1]]
    ns <- table(people$group)
    d <- psych::cohen.d.ci(psych::t2d(t, n1 = ns[[1]], n2 = ns[[2]]), n1 = ns[[1]], n2 = ns[[2]])
    record(dataset, outcome, list(
      omega_squared = max(omega, 0), d = d[2], d_low = d[1], d_high = d[3]
    ), "psych")
  }
}
write.csv(
  do.call(rbind, recorded), "proportions.csv", row.names = FALSE, quote = FALSE, eol = "\n"
)
