# The mixed model with baseline as covariate by time, and Kenward and Roger's test. From
# tests/reference/: Rscript mixed_model.R writes mixed_model.csv: dataset, measure, statistic, value
# (17 digits), package with version. Needs r-cran-lme4 r-cran-nlme r-cran-numderiv r-cran-pbkrtest.
#
# "mmrm": unstructured covariance of the later times, REML; of each arm against the reference at each
# time the estimate, Kenward-Roger's error and degrees of freedom from the expected information (kr)
# and from the observed one, and Satterthwaite's. "f" and "f_observed": the arms at a time (f.T),
# and at all times at once (f.all). "two_times" and "random_intercept" are
# models that lme4 can fit, with pbkrtest's numbers for them: two later times of which one varies
# more, and a random intercept for all times. All three covariances are linear in their parameters.

suppressPackageStartupMessages({
  library(nlme)
  library(lme4)
  library(pbkrtest)
})
options(digits = 17, contrasts = c("contr.treatment", "contr.poly"))
source("r/common.R")
source("several_arms/reml.R")

studies <- list(
  film_mood = list(
    arms = c("neutral", "sad", "fear", "comedy"), times = c("before", "after", "later")
  ),
  weight_loss_dropout = list(
    arms = c("control", "diet", "diet_exercise"), times = c("month_1", "month_2", "month_3")
  ),
  beat_the_blues = list(
    arms = c("usual_care", "beat_the_blues"), times = c("pre", "m2", "m3", "m5", "m8")
  )
)

# A row a later score of those with a baseline score, which is centred.
later_of <- function(table, outcome, arms, times) {
  baseline <- table[[paste(outcome, times[1], sep = "_")]]
  known <- !is.na(baseline)
  baseline <- baseline - mean(baseline[known])
  long <- do.call(rbind, lapply(seq_along(times[-1]), function(place) data.frame(
    participant = table$participant, arm = factor(table$group, arms), place, baseline,
    score = table[[paste(outcome, times[place + 1], sep = "_")]]
  )[known, ]))
  long <- long[!is.na(long$score), ]
  long$time <- factor(long$place, seq_along(times[-1]), times[-1])
  long[order(long$participant, long$place), ]
}

# Kenward & Roger (1997) written out, person by person, for the free covariance of the times.
kenward_roger <- function(fitted, long, observed = FALSE) {
  sigma <- fitted$sigma
  rows <- which(lower.tri(sigma, diag = TRUE), arr.ind = TRUE)
  units <- lapply(seq_len(nrow(rows)), function(i) {
    unit <- 0 * sigma
    unit[rows[i, 1], rows[i, 2]] <- unit[rows[i, 2], rows[i, 1]] <- 1
    unit
  })
  count <- length(units)
  x <- fitted$model$x
  phi <- fitted$covariance
  p <- replicate(count, 0 * phi, simplify = FALSE)
  q <- replicate(count^2, 0 * phi, simplify = FALSE)
  traces <- matrix(0, count, count)
  for (rows_of in split(seq_len(nrow(long)), long$participant, drop = TRUE)) {
    at <- long$place[rows_of]
    xi <- x[rows_of, , drop = FALSE]
    w <- solve(sigma[at, at, drop = FALSE])
    for (i in seq_len(count)) {
      vi <- units[[i]][at, at, drop = FALSE]
      p[[i]] <- p[[i]] - t(xi) %*% w %*% vi %*% w %*% xi
      for (j in seq_len(count)) {
        vj <- units[[j]][at, at, drop = FALSE]
        place <- (i - 1) * count + j
        q[[place]] <- q[[place]] + t(xi) %*% w %*% vi %*% w %*% vj %*% w %*% xi
        traces[i, j] <- traces[i, j] + sum(diag(w %*% vi %*% w %*% vj))
      }
    }
  }
  information <- matrix(0, count, count)
  for (i in seq_len(count)) for (j in seq_len(count)) {
    information[i, j] <- (traces[i, j] - 2 * sum(diag(phi %*% q[[(i - 1) * count + j]])) +
      sum(diag(phi %*% p[[i]] %*% phi %*% p[[j]]))) / 2
  }
  w <- solve(if (observed) observed_information(fitted) else information)
  inner <- 0 * phi
  for (i in seq_len(count)) for (j in seq_len(count)) {
    inner <- inner + w[i, j] * (q[[(i - 1) * count + j]] - p[[i]] %*% phi %*% p[[j]])
  }
  list(adjusted = phi + 2 * phi %*% inner %*% phi, p = p, w = w, phi = phi, b = fitted$b)
}

# Minus the second derivatives of the log-likelihood over the elements of the covariance.
observed_information <- function(fitted) {
  below <- lower.tri(fitted$sigma, diag = TRUE)
  numDeriv::hessian(function(elements) {
    sigma <- fitted$sigma
    sigma[below] <- elements
    sigma[upper.tri(sigma)] <- t(sigma)[upper.tri(sigma)]
    minus_log_likelihood(parameters_of(sigma), fitted$model)
  }, fitted$sigma[below])
}

kr_test <- function(kr, l) {
  theta <- t(l) %*% solve(l %*% kr$phi %*% t(l)) %*% l
  count <- length(kr$p)
  a1 <- a2 <- 0
  for (i in seq_len(count)) for (j in seq_len(count)) {
    first <- theta %*% kr$phi %*% kr$p[[i]] %*% kr$phi
    second <- theta %*% kr$phi %*% kr$p[[j]] %*% kr$phi
    a1 <- a1 + kr$w[i, j] * sum(diag(first)) * sum(diag(second))
    a2 <- a2 + kr$w[i, j] * sum(diag(first %*% second))
  }
  k <- nrow(l)
  b <- (a1 + 6 * a2) / (2 * k)
  g <- ((k + 1) * a1 - (k + 4) * a2) / ((k + 2) * a2)
  c1 <- g / (3 * k + 2 * (1 - g))
  c2 <- (k - g) / (3 * k + 2 * (1 - g))
  c3 <- (k + 2 - g) / (3 * k + 2 * (1 - g))
  e <- 1 / (1 - a2 / k)
  v <- 2 / k * (1 + c1 * b) / ((1 - c2 * b)^2 * (1 - c3 * b))
  m <- 4 + (k + 2) / (k * v / (2 * e^2) - 1)
  wald <- c(t(l %*% kr$b) %*% solve(l %*% kr$adjusted %*% t(l)) %*% (l %*% kr$b)) / k
  f <- m / (e * (m - 2)) * wald
  list(F = f, df_effect = k, df_error = m, p = pf(f, k, m, lower.tail = FALSE))
}

# nlme::gls stops at five or six digits; reml.R goes on from there.
highest <- function(long) {
  fitted <- gls(
    score ~ 0 + time:arm + time:baseline, long, correlation = corSymm(form = ~ place | participant),
    weights = varIdent(form = ~ 1 | time), method = "REML",
    control = glsControl(maxIter = 1000, msMaxIter = 1000, opt = "optim")
  )
  reml_fit(long, gls_covariance(fitted, levels(long$time)), ~ 0 + time:arm + time:baseline)
}

record_f <- function(dataset, outcome, time, kr, by_observed, l) {
  record(dataset, outcome, prefixed(paste0("f.", time), kr_test(kr, l)), "numDeriv")
  observed <- kr_test(by_observed, l)
  record(dataset, outcome, prefixed(paste0("f_observed.", time), observed), "numDeriv")
}

record_mmrm <- function(dataset, outcome, long, arms, times) {
  fitted <- highest(long)
  stopifnot(max(abs(fitted$gradient)) < 1e-6)
  kr <- kenward_roger(fitted, long)
  by_observed <- kenward_roger(fitted, long, observed = TRUE)
  record(dataset, outcome, list(
    mmrm.log_likelihood = fitted$log_likelihood, mmrm.n = length(unique(long$participant))
  ), "numDeriv")
  names <- colnames(fitted$model$x)
  cell <- function(time, arm) as.numeric(names == paste0("time", time, ":arm", arm))
  all <- list()
  for (time in times) {
    here <- lapply(arms[-1], function(arm) cell(time, arm) - cell(time, arms[1]))
    all <- c(all, here)
    for (i in seq_along(here)) {
      l <- here[[i]]
      test <- kr_test(kr, t(l))
      record(dataset, outcome, prefixed(paste("mmrm", time, arms[i + 1], sep = "."), list(
        difference = sum(l * fitted$b), se = sqrt(c(l %*% fitted$covariance %*% l)),
        df = satterthwaite(fitted, l), kr_se = sqrt(c(l %*% kr$adjusted %*% l)),
        kr_df = test$df_error, kr_p = test$p
      )), "numDeriv")
      test <- kr_test(by_observed, t(l))
      record(dataset, outcome, prefixed(paste("mmrm", time, arms[i + 1], sep = "."), list(
        observed_se = sqrt(c(l %*% by_observed$adjusted %*% l)), observed_df = test$df_error,
        observed_p = test$p
      )), "numDeriv")
    }
    record_f(dataset, outcome, time, kr, by_observed, do.call(rbind, here))
  }
  record_f(dataset, outcome, "all", kr, by_observed, do.call(rbind, all))
}

# What pbkrtest says of the effect of the arms at all times, in a model that lme4 can fit.
record_kr <- function(dataset, outcome, prefix, fitted) {
  arm <- grep("arm", names(fixef(fitted)))
  l <- diag(length(fixef(fitted)))[arm, , drop = FALSE]
  found <- getKR(KRmodcomp(fitted, l))
  adjusted <- as.matrix(vcovAdj(fitted))
  record(dataset, outcome, prefixed(prefix, list(
    F = found$Fstat, df_effect = found$ndf, df_error = found$ddf, p = found$p.value,
    log_likelihood = as.numeric(logLik(fitted))
  )), "pbkrtest")
  names <- sub("^time", "", sub(":arm|:baseline", ".", names(fixef(fitted))))
  record(dataset, outcome, prefixed(prefix, setNames(
    as.list(sqrt(diag(adjusted))[arm]), paste0("kr_se.", names[arm])
  )), "pbkrtest")
}

tight <- lmerControl(
  optimizer = "bobyqa", optCtrl = list(rhobeg = .1, rhoend = 1e-11, maxfun = 1e6),
  check.nobs.vs.nlev = "ignore", check.nobs.vs.nRE = "ignore", check.conv.singular = "ignore",
  calc.derivs = FALSE
)

for (dataset in names(studies)) {
  arms <- studies[[dataset]]$arms
  times <- studies[[dataset]]$times
  table <- read.csv(file.path("several_arms", paste0(dataset, ".csv")))
  marker <- paste0("_", times[1], "$")
  for (outcome in sub(marker, "", grep(marker, names(table), value = TRUE))) {
    long <- later_of(table, outcome, arms, times)
    record_mmrm(dataset, outcome, long, arms, times[-1])
    fitted <- lmer(
      score ~ 0 + time + time:baseline + time:arm + (1 | participant), long, control = tight
    )
    # Where people differ less than chance would have it, lme4's variance ends at 0.
    if (getME(fitted, "theta") > 1e-3) record_kr(dataset, outcome, "random_intercept", fitted)
    two <- droplevels(long[long$place <= 2, ])
    for (more in 1:2) {
      two$more <- as.numeric(two$place == more)
      fitted <- lmer(
        score ~ 0 + time + time:baseline + time:arm + (1 | participant) + (0 + more | participant),
        two, control = tight
      )
      # A variance at its bound would be another model, and lme4 may stop before the maximum.
      if (abs(highest(two)$log_likelihood - as.numeric(logLik(fitted))) < 1e-7) {
        record_kr(dataset, outcome, "two_times", fitted)
      }
    }
  }
}
write.csv(
  do.call(rbind, recorded), "mixed_model.csv", row.names = FALSE, quote = FALSE, eol = "\n"
)
