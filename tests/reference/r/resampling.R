# What can be compared exactly of permutations and bootstraps.

# How many of the assignments to the groups have each sum of changes in the first group: counted by
# adding one person after the other, so that 10^13 assignments take a moment. The changes must be
# whole multiples of a unit.
exact_p <- function(change, in_first) {
  shifted <- change - min(change)
  units <- Filter(function(k) all(abs(shifted * k - round(shifted * k)) < 1e-6), c(1:30, 120))
  values <- round(shifted * units[1])
  size <- sum(in_first)
  counts <- matrix(0, size + 1, sum(values) + 1)
  counts[1, 1] <- 1
  for (value in values) {
    columns <- seq_len(ncol(counts) - value)
    # From many to few: each person counts once.
    for (k in size:1) {
      counts[k + 1, columns + value] <- counts[k + 1, columns + value] + counts[k, columns]
    }
  }
  sums <- seq_len(ncol(counts)) - 1
  centre <- size * mean(values)
  beyond <- abs(sums - centre) >= abs(sum(values[in_first]) - centre) - 1e-6
  sum(counts[size + 1, beyond]) / choose(length(values), size)
}

# The minimal standard generator (Park & Miller, 1988): exact in double precision, so that the
# tests can draw the same samples.
park_miller <- function(seed, draws) {
  state <- seed
  values <- numeric(draws)
  for (i in seq_len(draws)) {
    state <- (16807 * state) %% 2147483647
    values[i] <- state / 2147483647
  }
  values
}

difference <- function(data, index) {
  drawn <- data[index, ]
  mean(drawn$change[drawn$group == "training"]) - mean(drawn$change[drawn$group == "control"])
}

samples <- 499

for (dataset in datasets) {
  scores <- read_table(dataset, "scores")
  for (outcome in outcomes_of(scores)) {
    people <- complete_of(scores, outcome)
    in_first <- people$group == "training"
    record(dataset, outcome, list(permutation.p = exact_p(people$change, in_first)), "base")

    # Each sample: as many draws from the first group as it has people, then from the second.
    first <- which(in_first)
    second <- which(!in_first)
    uniform <- matrix(park_miller(20200826, samples * nrow(people)), samples, byrow = TRUE)
    index <- t(apply(uniform, 1, function(u) {
      c(
        first[floor(u[seq_along(first)] * length(first)) + 1],
        second[floor(u[length(first) + seq_along(second)] * length(second)) + 1]
      )
    }))
    estimate <- difference(people, seq_len(nrow(people)))
    replicates <- apply(index, 1, function(i) difference(people, i))
    strata <- as.numeric(people$group)
    influence <- boot::empinf(
      data = people, statistic = difference, stype = "i", type = "jack", strata = strata
    )
    # boot's own acceleration takes the influences as they are. With groups of different size they
    # have to be divided by the group's size (Davison & Hinkley, 1997, chapter 5, for several
    # samples), which boot::var.linear does and boot:::bca.ci does not.
    scaled <- influence / ave(influence, strata, FUN = length)
    acceleration <- function(l) sum(l^3) / (6 * sum(l^2)^1.5)
    # Replicates equal to the estimate count half; they matter where there are ties.
    slack <- 1e-9 * max(1, abs(estimate))
    bias <- qnorm(mean((replicates < estimate - slack) + .5 * (abs(replicates - estimate) <= slack)))
    z <- bias + qnorm(c(.025, .975))
    share <- pnorm(bias + z / (1 - acceleration(scaled) * z))
    ends <- quantile(replicates, share, type = 7, names = FALSE)
    record(dataset, outcome, prefixed("bca", list(
      bias = bias, acceleration = acceleration(scaled), low = ends[1], high = ends[2]
    )), "boot")
    # boot.ci as it stands: bias without ties, unscaled influences, its own interpolation.
    as_boot <- list(t0 = estimate, t = matrix(replicates), R = samples, data = people,
      strata = strata, sim = "ordinary", stype = "i", statistic = difference,
      call = quote(boot(strata = strata)))
    class(as_boot) <- "boot"
    own <- suppressWarnings(boot::boot.ci(as_boot, type = "bca", L = influence)$bca)
    record(dataset, outcome, prefixed("boot_bca", list(
      acceleration = acceleration(influence), low = own[4], high = own[5]
    )), "boot")
  }
}
