# Statistics of plain numbers: proportions, adjusted p values, power, the smallest significant r.

for (pair in list(c(0, 24), c(1, 24), c(5, 24), c(6, 25), c(13, 25), c(22, 22), c(24, 25), c(25, 47))) {
  exact <- binom.test(pair[1], pair[2])$conf.int
  record("numbers", paste(pair[1], "of", pair[2]), list(
    exact.low = exact[1], exact.high = exact[2]
  ), "stats")
}

for (n in c(24, 25, 47)) {
  one_sided <- binom.test(0, n, alternative = "less")$conf.int[2]
  record("numbers", paste("none of", n), list(highest_rate = one_sided), "stats")
  smallest <- uniroot(
    function(r) 2 * pt(-r * sqrt((n - 2) / (1 - r^2)), n - 2) - .05, c(.01, .99), tol = 1e-15
  )$root
  record("numbers", paste("n", n), list(smallest_significant_r = smallest), "stats")
}

# The printed p values and two families with ties, in this order.
families <- list(
  printed = c(.018, .024, .026, .083, .29, .71), tied = c(.04, .01, .04, .01, .5),
  one = .03
)
for (name in names(families)) {
  p <- families[[name]]
  record("numbers", paste("family", name), c(
    as.list(prefixed("p", setNames(p, seq_along(p)))),
    as.list(prefixed("holm", setNames(p.adjust(p, "holm"), seq_along(p)))),
    as.list(prefixed("benjamini_hochberg", setNames(p.adjust(p, "BH"), seq_along(p))))
  ), "stats")
}

# Power of F(1, N - 2) for a partial eta squared: lambda = f^2 N with f rounded as one types it into
# G*Power, f^2 N, and f^2 times the error degrees of freedom.
power <- function(lambda, df_error) {
  pf(qf(.05, 1, df_error, lower.tail = FALSE), 1, df_error, lambda, lower.tail = FALSE)
}
for (effect in c(.119, .109, .104, .02)) {
  for (n in c(47, 35)) {
    f2 <- effect / (1 - effect)
    record("numbers", sprintf("eta %s of %d", effect, n), list(
      power.f_rounded_n = power(round(sqrt(f2), 2)^2 * n, n - 2),
      power.f_n = power(f2 * n, n - 2), power.f_df = power(f2 * (n - 2), n - 2)
    ), "stats")
  }
}
