# Trials with several arms, several times and drop-out. From tests/reference/: Rscript several_arms.R
# writes several_arms.csv: dataset, measure, statistic, value (17 digits), package with version.
#
# Needs r-base-core r-cran-afex r-cran-car r-cran-emmeans r-cran-lme4 r-cran-lmertest r-cran-nlme
# r-cran-numderiv r-cran-sandwich. several_arms/README.md describes the data and the statistics.
#
# Throughout, T is a later time and ARM an arm other than the reference. A "change" is the score at
# T less the baseline score; a contrast is ARM less the reference. Holm's correction is over the
# arms, within one outcome, one time and one kind of analysis. All intervals are 95 % intervals.

suppressPackageStartupMessages({
  library(afex)
  library(nlme)
})
options(digits = 17, warn = 1, contrasts = c("contr.treatment", "contr.poly"))
emmeans::emm_options(msg.interaction = FALSE)
source("r/common.R")
source("several_arms/reml.R")

# The reference is the first arm, the baseline the first time.
studies <- list(
  film_mood = list(
    arms = c("neutral", "sad", "fear", "comedy"), times = c("before", "after", "later")
  ),
  weight_loss = list(
    arms = c("control", "diet", "diet_exercise"), times = c("month_1", "month_2", "month_3")
  ),
  weight_loss_dropout = list(
    arms = c("control", "diet", "diet_exercise"), times = c("month_1", "month_2", "month_3")
  ),
  beat_the_blues = list(
    arms = c("usual_care", "beat_the_blues"), times = c("pre", "m2", "m3", "m5", "m8")
  ),
  anorexia = list(arms = c("control", "cbt", "family"), times = c("before", "after"))
)

tight_gls <- glsControl(
  tolerance = 1e-10, msTol = 1e-12, maxIter = 1000, msMaxIter = 1000, opt = "optim"
)

name_of <- function(...) paste(..., sep = ".")

# ---------------------------------------------------------------- two times: change and ANCOVA

# Estimate, standard error, t, its degrees of freedom, p and interval.
contrast <- function(estimate, se, df) {
  t <- estimate / se
  half <- qt(.975, df) * se
  list(
    estimate = estimate, se = se, t = t, df = df, p = 2 * pt(-abs(t), df),
    low = estimate - half, high = estimate + half
  )
}

# Record the contrasts of all arms, each under prefix.ARM, with Holm's p beside them.
record_contrasts <- function(dataset, outcome, prefix, contrasts, package) {
  holm <- p.adjust(sapply(contrasts, `[[`, "p"), "holm")
  for (arm in names(contrasts)) {
    values <- c(contrasts[[arm]], holm = holm[[arm]])
    record(dataset, outcome, prefixed(name_of(prefix, arm), values), package)
  }
}

# The k x 2 mixed ANOVA of baseline and T, type III, of those who have both scores.
record_anova <- function(dataset, outcome, time, people) {
  long <- data.frame(
    participant = factor(rep(people$participant, 2)), group = rep(people$group, 2),
    time = factor(rep(c("baseline", "post"), each = nrow(people))),
    score = c(people$baseline, people$post)
  )
  fitted <- suppressMessages(afex::aov_car(
    score ~ group * time + Error(participant / time), long, type = 3,
    anova_table = list(es = "pes")
  ))
  for (effect in c("group", "time", "group:time")) {
    row <- fitted$anova_table[effect, ]
    record(dataset, outcome, prefixed(
      name_of("anova", time, sub("group:time", "interaction", effect)),
      list(
        F = row[["F"]], df_effect = row[["num Df"]], df_error = row[["den Df"]],
        p = row[["Pr(>F)"]], partial_eta_squared = row[["pes"]]
      )
    ), "afex")
  }
  # The interaction is the one-way analysis of variance of the change.
  of_change <- anova(lm(change ~ group, people))[1, "F value"]
  stopifnot(all.equal(of_change, fitted$anova_table["group:time", "F"], tolerance = 1e-10))
}

record_change <- function(dataset, outcome, time, people) {
  arms <- levels(people$group)
  # One variance within the arms, pooled over all of them: df is participants less arms.
  fitted <- lm(change ~ group, people)
  rows <- coef(summary(fitted))
  pooled <- sapply(arms[-1], function(arm) {
    contrast(rows[paste0("group", arm), 1], rows[paste0("group", arm), 2], fitted$df.residual)
  }, simplify = FALSE)
  record_contrasts(dataset, outcome, name_of("change", time), pooled, "stats")
  # The two arms alone: Student's and Welch's t test.
  for (test in c("student", "welch")) {
    alone <- sapply(arms[-1], function(arm) {
      change <- split(people$change, people$group)
      found <- t.test(change[[arm]], change[[arms[1]]], var.equal = test == "student")
      contrast(
        -diff(unname(found$estimate)), found$stderr, unname(found$parameter)
      )
    }, simplify = FALSE)
    record_contrasts(dataset, outcome, name_of(paste0("change_", test), time), alone, "stats")
  }
}

# T on baseline and arm: the arms' omnibus F, contrasts, means at the mean baseline score, and
# whether the slopes differ. Contrasts with HC3 errors beside them.
record_ancova <- function(dataset, outcome, time, people) {
  arms <- levels(people$group)
  fitted <- lm(post ~ baseline + group, people)
  crossed <- lm(post ~ baseline * group, people)
  omnibus <- car::Anova(fitted, type = 2)
  slopes <- anova(fitted, crossed)
  record(dataset, outcome, prefixed(name_of("ancova", time), list(
    F = omnibus["group", "F value"], df_effect = omnibus["group", "Df"],
    df_error = omnibus["Residuals", "Df"], p = omnibus["group", "Pr(>F)"],
    partial_eta_squared =
      omnibus["group", "Sum Sq"] / (omnibus["group", "Sum Sq"] + omnibus["Residuals", "Sum Sq"]),
    slope = coef(fitted)[["baseline"]]
  )), "car")
  record(dataset, outcome, prefixed(name_of("ancova", time, "slopes"), list(
    F = slopes[2, "F"], df_effect = slopes[2, "Df"], df_error = slopes[2, "Res.Df"],
    p = slopes[2, "Pr(>F)"]
  )), "stats")
  robust <- sandwich::vcovHC(fitted, type = "HC3")
  for (kind in c("ancova", "ancova_hc3")) {
    covariance <- if (kind == "ancova") vcov(fitted) else robust
    contrasts <- sapply(arms[-1], function(arm) {
      name <- paste0("group", arm)
      contrast(coef(fitted)[[name]], sqrt(covariance[name, name]), fitted$df.residual)
    }, simplify = FALSE)
    package <- if (kind == "ancova") "stats" else "sandwich"
    record_contrasts(dataset, outcome, name_of(kind, time), contrasts, package)
  }
  means <- as.data.frame(emmeans::emmeans(fitted, "group"))
  for (i in seq_along(arms)) {
    record(dataset, outcome, prefixed(
      name_of("ancova", time, arms[i]), list(mean = means$emmean[i], mean_se = means$SE[i])
    ), "emmeans")
  }
}

# ---------------------------------------------------------------- baseline and drop-out

# Everybody with a baseline score. The difference is standardised by the two arms' pooled SD
# (n - 1), and beside it by the root of their mean variance. The omnibus test is for designs
# without random allocation only.
record_baseline <- function(dataset, outcome, scores, arms) {
  groups <- split(scores$baseline, scores$group)
  groups <- lapply(groups, function(values) values[!is.na(values)])
  for (arm in arms) {
    record(dataset, outcome, prefixed(name_of("baseline", arm), list(
      n = length(groups[[arm]]), mean = mean(groups[[arm]]), sd = sd(groups[[arm]])
    )), "stats")
  }
  for (arm in arms[-1]) {
    record(dataset, outcome, prefixed(
      name_of("baseline", arm), standardised(groups[[arm]], groups[[arms[1]]])
    ), "stats")
  }
  test <- anova(lm(baseline ~ group, scores))
  record(dataset, outcome, list(
    baseline.F = test[1, "F value"], baseline.df_effect = test[1, "Df"],
    baseline.df_error = test[2, "Df"], baseline.p = test[1, "Pr(>F)"]
  ), "stats")
}

standardised <- function(first, second) {
  ns <- c(length(first), length(second)) - 1
  variances <- c(var(first), var(second))
  difference <- mean(first) - mean(second)
  list(
    difference = difference,
    standardised = difference / sqrt(sum(ns * variances) / sum(ns)),
    standardised_mean_variance = difference / sqrt(mean(variances))
  )
}

# Those with a baseline score: has a score at T (completer) or has not (drop-out). At "any" a
# completer has a score at every time. Completers less drop-outs, over all arms.
record_dropout <- function(dataset, outcome, scores, posts) {
  scores <- scores[!is.na(scores$baseline), ]
  for (time in c(names(posts), "any")) {
    wanted <- if (time == "any") names(posts) else time
    complete <- complete.cases(scores[, wanted, drop = FALSE])
    completers <- scores$baseline[complete]
    dropouts <- scores$baseline[!complete]
    record(dataset, outcome, prefixed(name_of("dropout", time), list(
      completers = length(completers), dropouts = length(dropouts)
    )), "stats")
    if (length(dropouts) < 2) next
    student <- t.test(completers, dropouts, var.equal = TRUE)
    welch <- t.test(completers, dropouts)
    record(dataset, outcome, prefixed(name_of("dropout", time), c(
      list(
        completers.mean = mean(completers), completers.sd = sd(completers),
        dropouts.mean = mean(dropouts), dropouts.sd = sd(dropouts)
      ),
      standardised(completers, dropouts),
      list(
        t = student$statistic[[1]], df = student$parameter[[1]], p = student$p.value,
        low = student$conf.int[1], high = student$conf.int[2],
        welch.t = welch$statistic[[1]], welch.df = welch$parameter[[1]], welch.p = welch$p.value,
        welch.low = welch$conf.int[1], welch.high = welch$conf.int[2]
      )
    )), "stats")
  }
}

# ---------------------------------------------------------------- all times: models

# A row a score, ordered by participant and time; place is the number of the time.
long_of <- function(scores, times) {
  long <- do.call(rbind, lapply(seq_along(times), function(place) data.frame(
    participant = scores$participant, arm = scores$group, place,
    score = scores[[if (place == 1) "baseline" else times[place]]]
  )))
  long <- long[!is.na(long$score), ]
  long <- long[order(long$participant, long$place), ]
  long$time <- factor(long$place, seq_along(times), times)
  long
}

# Names of a fit's coefficients as in several_arms.csv: b.intercept, b.T, b.ARM, b.ARM.T.
coefficient_names <- function(names) {
  parts <- strsplit(names, ":")
  sapply(parts, function(part) {
    part <- sub("^(arm|time)", "", part)
    if (part[1] == "(Intercept)") "intercept" else paste(rev(part), collapse = ".")
  })
}

# Coefficients and errors, and the differences in change with the degrees of freedom that are given.
record_effects <- function(dataset, outcome, prefix, b, covariance, times, arms, df, package) {
  se <- sqrt(diag(covariance))
  names(b) <- names(se) <- coefficient_names(names(b))
  record(dataset, outcome, prefixed(name_of(prefix, "b"), as.list(b)), package)
  record(dataset, outcome, prefixed(name_of(prefix, "se"), as.list(se)), package)
  for (time in times[-1]) {
    names_here <- setNames(name_of(arms[-1], time), arms[-1])
    contrasts <- lapply(names_here, function(name) contrast(b[[name]], se[[name]], df[[name]]))
    record_contrasts(dataset, outcome, name_of(prefix, "change", time), contrasts, package)
  }
}

# Unstructured covariance, REML. nlme::gls stops when its numeric gradients no longer help, at five
# or six digits; the same likelihood is maximised to full precision in reml.R, from there. Degrees
# of freedom: Satterthwaite's, from the observed information of the covariance parameters.
# z: the normal distribution in place of t.
record_mmrm <- function(dataset, outcome, prefix, long, times, arms) {
  fitted <- gls(
    score ~ time * arm, long, correlation = corSymm(form = ~ place | participant),
    weights = varIdent(form = ~ 1 | time), method = "REML", control = tight_gls
  )
  start <- gls_covariance(fitted, times)
  exact <- reml_fit(long, start)
  record(dataset, outcome, prefixed(prefix, list(
    participants = length(unique(long$participant)), observations = nrow(long),
    log_likelihood = exact$log_likelihood, gradient = max(abs(exact$gradient))
  )), "numDeriv")
  record_covariance(dataset, outcome, prefix, exact$sigma, times, "numDeriv")
  df <- sapply(seq_along(exact$b), function(i) {
    satterthwaite(exact, replace(0 * exact$b, i, 1))
  })
  names(df) <- coefficient_names(names(exact$b))
  record_effects(
    dataset, outcome, prefix, exact$b, exact$covariance, times, arms, df, "numDeriv"
  )
  for (time in times[-1]) {
    for (arm in arms[-1]) {
      i <- match(name_of(arm, time), names(df))
      z <- exact$b[i] / sqrt(exact$covariance[i, i])
      half <- qnorm(.975) * sqrt(exact$covariance[i, i])
      record(dataset, outcome, prefixed(name_of(prefix, "change", time, arm), list(
        z_p = 2 * pnorm(-abs(z[[1]])), z_low = exact$b[[i]] - half, z_high = exact$b[[i]] + half
      )), "numDeriv")
    }
  }
  # Each arm's mean at each time.
  cells <- expand.grid(time = factor(times, times), arm = factor(arms, arms))
  rows <- model.matrix(~ time * arm, cells)
  for (i in seq_len(nrow(cells))) {
    se <- sqrt(rows[i, ] %*% exact$covariance %*% rows[i, ])
    record(dataset, outcome, prefixed(
      name_of(prefix, "mean", cells$arm[i], cells$time[i]),
      list(estimate = sum(rows[i, ] * exact$b), se = c(se), df = satterthwaite(exact, rows[i, ]))
    ), "numDeriv")
  }
  # Wald's test of all differences in change at once.
  crossed <- grep(":", names(exact$b))
  b <- exact$b[crossed]
  chi2 <- c(b %*% solve(exact$covariance[crossed, crossed], b))
  record(dataset, outcome, prefixed(name_of(prefix, "interaction"), list(
    chi2 = chi2, df = length(b), p = pchisq(chi2, length(b), lower.tail = FALSE)
  )), "numDeriv")
  record_gls(dataset, outcome, paste0(prefix, "_gls"), fitted, start, long, times, arms)
}

# nlme's own numbers. Degrees of freedom: emmeans', whose gradients come from responses that are
# perturbed at random; that is independent of reml.R, and as exact as gls.
record_gls <- function(dataset, outcome, prefix, fitted, sigma, long, times, arms) {
  record(dataset, outcome, prefixed(
    prefix, list(log_likelihood = as.numeric(logLik(fitted)))
  ), "nlme")
  record_covariance(dataset, outcome, prefix, sigma, times, "nlme")
  b <- coef(fitted)
  set.seed(1)
  grid <- suppressMessages(
    emmeans::emmeans(fitted, ~ time * arm, mode = "appx-satterthwaite", data = long)
  )
  df <- as.data.frame(
    emmeans::contrast(grid, interaction = list(time = "trt.vs.ctrl1", arm = "trt.vs.ctrl1"))
  )
  names_here <- c(outer(times[-1], arms[-1], function(time, arm) name_of(arm, time)))
  record_effects(
    dataset, outcome, prefix, b, vcov(fitted), times, arms, setNames(df$df, names_here), "emmeans"
  )
}

record_covariance <- function(dataset, outcome, prefix, sigma, times, package) {
  for (i in seq_along(times)) {
    for (j in i:length(times)) {
      record(dataset, outcome, setNames(
        list(sigma[i, j]), name_of(prefix, "sigma", times[i], times[j])
      ), package)
    }
  }
}

# A random intercept for each participant, REML. Degrees of freedom: nlme's (observations less
# participants less effects within participants), and beside them lmerTest's Satterthwaite.
record_random_intercept <- function(dataset, outcome, prefix, long, times, arms) {
  fitted <- lme(
    score ~ time * arm, long, random = ~ 1 | participant, method = "REML",
    control = lmeControl(tolerance = 1e-12, msTol = 1e-14, msMaxIter = 500, niterEM = 200)
  )
  record(dataset, outcome, prefixed(prefix, list(
    log_likelihood = as.numeric(logLik(fitted)), variance_between = getVarCov(fitted)[1, 1],
    variance_within = fitted$sigma^2
  )), "nlme")
  df <- fitted$fixDF$X
  names(df) <- coefficient_names(names(df))
  record_effects(
    dataset, outcome, prefix, fixef(fitted), vcov(fitted), times, arms, df, "nlme"
  )
  tight <- lme4::lmerControl(
    optimizer = "bobyqa", optCtrl = list(rhobeg = .1, rhoend = 1e-10, maxfun = 1e5),
    check.conv.singular = "ignore"
  )
  other <- suppressMessages(suppressWarnings(lmerTest::lmer(
    score ~ time * arm + (1 | participant), long, REML = TRUE, control = tight
  )))
  rows <- summary(other, ddf = "Satterthwaite")$coefficients
  rownames(rows) <- coefficient_names(rownames(rows))
  for (time in times[-1]) {
    for (arm in arms[-1]) {
      row <- rows[name_of(arm, time), ]
      record(dataset, outcome, prefixed(
        name_of(paste0(prefix, "_lmer"), "change", time, arm), list(
          estimate = row[["Estimate"]], se = row[["Std. Error"]], df = row[["df"]],
          p = row[["Pr(>|t|)"]]
        )
      ), "lmerTest")
    }
  }
}

# ---------------------------------------------------------------- everything

for (dataset in names(studies)) {
  arms <- studies[[dataset]]$arms
  times <- studies[[dataset]]$times
  table <- read.csv(file.path("several_arms", paste0(dataset, ".csv")))
  marker <- paste0("_", times[1], "$")
  for (outcome in sub(marker, "", grep(marker, names(table), value = TRUE))) {
    posts <- setNames(paste(outcome, times[-1], sep = "_"), times[-1])
    scores <- data.frame(
      participant = table$participant, group = factor(table$group, arms),
      baseline = table[[paste(outcome, times[1], sep = "_")]]
    )
    scores[names(posts)] <- table[posts]
    record_baseline(dataset, outcome, scores, arms)
    record_dropout(dataset, outcome, scores, posts)
    for (time in times[-1]) {
      people <- scores
      people$post <- scores[[time]]
      people$change <- people$post - people$baseline
      people <- people[!is.na(people$change), ]
      record(dataset, outcome, setNames(list(nrow(people)), name_of("n", time)), "stats")
      record_anova(dataset, outcome, time, people)
      record_change(dataset, outcome, time, people)
      record_ancova(dataset, outcome, time, people)
    }
    # All scores there are; and, where some are missing, participants with all of them alone.
    long <- long_of(scores, times)
    complete <- long_of(scores[complete.cases(scores), ], times)
    record_mmrm(dataset, outcome, "mmrm", long, times, arms)
    record_random_intercept(dataset, outcome, "random_intercept", long, times, arms)
    if (nrow(complete) < nrow(long)) {
      record_mmrm(dataset, outcome, "mmrm_complete", complete, times, arms)
      record_random_intercept(dataset, outcome, "random_intercept_complete", complete, times, arms)
    }
  }
}
write.csv(
  do.call(rbind, recorded), "several_arms.csv", row.names = FALSE, quote = FALSE, eol = "\n"
)
