# The difference in change: t tests, ANCOVA with HC3, Yuen's trimmed t, Bayes factor, effect size.

# Student's and Welch's t tests as one list.
t_statistics <- function(test) {
  list(
    t = unname(test$statistic), df = unname(test$parameter), p = test$p.value,
    low = test$conf.int[1], high = test$conf.int[2],
    difference = unname(test$estimate[1] - test$estimate[2])
  )
}

# Yuen (1974), 10.1093/biomet/61.1.165, written out after Wilcox (2017), Introduction to robust
# estimation and hypothesis testing, section 5.3: g = floor(.2 n) values are cut from each tail.
yuen <- function(x, y, trim = .2) {
  part <- function(v) {
    n <- length(v)
    g <- floor(trim * n)
    h <- n - 2 * g
    sorted <- sort(v)
    winsorised <- pmin(pmax(v, sorted[g + 1]), sorted[n - g])
    list(mean = mean(sorted[(g + 1):(n - g)]), d = (n - 1) * var(winsorised) / (h * (h - 1)), h = h)
  }
  a <- part(x)
  b <- part(y)
  se <- sqrt(a$d + b$d)
  df <- (a$d + b$d)^2 / (a$d^2 / (a$h - 1) + b$d^2 / (b$h - 1))
  difference <- a$mean - b$mean
  t <- difference / se
  margin <- qt(.975, df) * se
  list(
    t = t, df = df, p = 2 * pt(-abs(t), df), difference = difference,
    low = difference - margin, high = difference + margin
  )
}

# The integral of Rouder et al. (2009), 10.3758/PBR.16.2.225, equation 1, with the Cauchy prior's
# scale, to full precision; BayesFactor's own quadrature stops earlier.
jzs <- function(t, n1, n2, scale = .707) {
  n <- n1 * n2 / (n1 + n2)
  df <- n1 + n2 - 2
  inner <- function(g) {
    log_value <- -.5 * log(1 + n * g * scale^2) -
      (df + 1) / 2 * log(1 + t^2 / ((1 + n * g * scale^2) * df)) -
      .5 * log(2 * pi) - 1.5 * log(g) - 1 / (2 * g)
    exp(log_value)
  }
  # g = exp(u): smooth and without ends.
  whole <- integrate(function(u) inner(exp(u)) * exp(u), -12, 60, rel.tol = 1e-12,
    subdivisions = 10000)$value
  whole / (1 + t^2 / df)^(-(df + 1) / 2)
}

# Morris (2008), 10.1177/1094428106291059: d_ppc2 (equations 8 to 10) and its variance (25).
# r pooled within the groups is the correlation of the residuals from the groups' means.
morris <- function(people) {
  n <- table(people$group)
  df <- sum(n) - 2
  sds <- tapply(people$baseline, people$group, sd)
  means <- tapply(people$change, people$group, mean)
  pooled <- sqrt(sum((n - 1) * sds^2) / df)
  c <- 1 - 3 / (4 * df - 1)
  g <- c * unname(means[1] - means[2]) / pooled
  centre <- function(x) x - ave(x, people$group)
  r <- cor(centre(people$baseline), centre(people$post))
  a <- 2 * (1 - r) * sum(n) / prod(n)
  variance <- c^2 * a * df / (df - 2) * (1 + g^2 / a) - g^2
  margin <- qnorm(.975) * sqrt(variance)
  list(g = g, low = g - margin, high = g + margin, r = r)
}

for (dataset in datasets) {
  scores <- read_table(dataset, "scores")
  ages <- t.test(age ~ factor(group, c("training", "control")), scores, var.equal = TRUE)
  record(dataset, "age", prefixed("student", t_statistics(ages)), "stats")
  for (outcome in outcomes_of(scores)) {
    people <- complete_of(scores, outcome)
    trained <- people$change[people$group == "training"]
    control <- people$change[people$group == "control"]
    student <- t.test(trained, control, var.equal = TRUE)
    record(dataset, outcome, list(
      n.training = length(trained), n.control = length(control)
    ), "stats")
    for (group in levels(people$group)) {
      for (time in c("baseline", "post", "change")) {
        values <- people[people$group == group, time]
        record(dataset, outcome, prefixed(paste(time, group, sep = "."), list(
          mean = mean(values), sd = sd(values)
        )), "stats")
      }
    }
    record(dataset, outcome, prefixed("student", t_statistics(student)), "stats")
    record(dataset, outcome, prefixed("welch", t_statistics(t.test(trained, control))), "stats")
    before <- t.test(baseline ~ group, people, var.equal = TRUE)
    record(dataset, outcome, prefixed("baseline_student", t_statistics(before)), "stats")

    # The coefficient of being trained.
    people$is_trained <- as.numeric(people$group == "training")
    model <- lm(post ~ baseline + is_trained, people)
    ordinary <- summary(model)$coefficients["is_trained", ]
    record(dataset, outcome, prefixed("ancova", list(
      b = ordinary[[1]], se = ordinary[[2]], t = ordinary[[3]], p = ordinary[[4]]
    )), "stats")
    covariance <- sandwich::vcovHC(model, type = "HC3")
    robust <- lmtest::coeftest(model, vcov. = covariance)["is_trained", ]
    ends <- lmtest::coefci(model, "is_trained", vcov. = covariance)
    record(dataset, outcome, prefixed("ancova_hc3", list(
      b = robust[[1]], se = robust[[2]], t = robust[[3]], p = robust[[4]],
      low = ends[1], high = ends[2]
    )), "sandwich")

    record(dataset, outcome, prefixed("yuen", yuen(trained, control)), "base")
    bayes <- BayesFactor::extractBF(
      BayesFactor::ttestBF(trained, control, rscale = .707, nullInterval = NULL)
    )
    record(dataset, outcome, prefixed("bayes_factor", list(
      BayesFactor = bayes$bf, relative_error = bayes$error
    )), "BayesFactor")
    record(dataset, outcome, list(
      bayes_factor.value = jzs(unname(student$statistic), length(trained), length(control))
    ), "base")
    record(dataset, outcome, prefixed("morris", morris(people)), "base")

    # Home practice of the trained and their change.
    both <- na.omit(people[people$group == "training", c("practice", "change")])
    r <- cor.test(both$practice, both$change)
    record(dataset, outcome, prefixed("practice", list(
      n = nrow(both), r = unname(r$estimate), p = r$p.value,
      low = if (nrow(both) > 3) r$conf.int[1] else NA,
      high = if (nrow(both) > 3) r$conf.int[2] else NA
    )), "stats")
  }
}
