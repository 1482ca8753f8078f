# The repeated measures model written out: least squares weighted by one unstructured covariance of
# the times, which maximises the restricted likelihood (Laird & Ware, 1982, 10.2307/2529876).
#
# log L = -1/2 [ sum log|V_i| + log|sum X_i' V_i^-1 X_i| + sum r_i' V_i^-1 r_i + (N - p) log 2 pi ],
# where V_i holds the rows and columns of sigma at which participant i was measured. nlme's logLik
# is the same number. The covariance is L L', L lower triangular with the logarithms of its diagonal
# as parameters, so that any values give a covariance. Derivatives are Richardson's, by numDeriv.

reml_fit <- function(long, start, formula = ~ time * arm) {
  x <- model.matrix(formula, long)
  model <- list(
    x = x, y = long$score, size = nrow(start), blocks = blocks_of(long)
  )
  theta <- parameters_of(start)
  # Newton's method from where gls stopped; each step is halved until it helps.
  for (step in 1:20) {
    gradient <- numDeriv::grad(minus_log_likelihood, theta, model = model)
    if (step > 1 && max(abs(gradient)) < 1e-7) break
    hessian <- numDeriv::hessian(minus_log_likelihood, theta, model = model)
    move <- solve(hessian, gradient)
    while (minus_log_likelihood(theta - move, model) >
      minus_log_likelihood(theta, model) + 1e-9) move <- move / 2
    theta <- theta - move
  }
  fitted <- estimates(theta, model)
  c(fitted, list(
    gradient = numDeriv::grad(minus_log_likelihood, theta, model = model),
    hessian = numDeriv::hessian(minus_log_likelihood, theta, model = model),
    theta = theta, model = model
  ))
}

# Participants who were measured at the same times, together: the rows of each, a column a person.
blocks_of <- function(long) {
  rows <- split(seq_len(nrow(long)), long$participant, drop = TRUE)
  pattern <- sapply(rows, function(row) paste(long$place[row], collapse = " "))
  lapply(split(rows, pattern), function(people) {
    list(places = long$place[people[[1]]], rows = do.call(cbind, people))
  })
}

parameters_of <- function(sigma) {
  l <- t(chol(sigma))
  diag(l) <- log(diag(l))
  l[lower.tri(l, diag = TRUE)]
}

sigma_of <- function(theta, size) {
  l <- matrix(0, size, size)
  l[lower.tri(l, diag = TRUE)] <- theta
  diag(l) <- exp(diag(l))
  l %*% t(l)
}

estimates <- function(theta, model) {
  sigma <- sigma_of(theta, model$size)
  x <- model$x
  y <- model$y
  log_determinant <- 0
  # Everything is divided by the root of its covariance: then it is ordinary least squares.
  for (block in model$blocks) {
    root <- t(chol(sigma[block$places, block$places, drop = FALSE]))
    log_determinant <- log_determinant + 2 * ncol(block$rows) * sum(log(diag(root)))
    order <- c(block$rows)
    y[order] <- forwardsolve(root, matrix(y[order], length(block$places)))
    for (column in seq_len(ncol(x))) {
      x[order, column] <- forwardsolve(root, matrix(x[order, column], length(block$places)))
    }
  }
  information <- crossprod(x)
  b <- solve(information, crossprod(x, y))[, 1]
  residual <- y - x %*% b
  log_likelihood <- -(log_determinant + determinant(information)$modulus[1] + sum(residual^2) +
    (length(y) - ncol(x)) * log(2 * pi)) / 2
  list(b = b, covariance = solve(information), sigma = sigma, log_likelihood = log_likelihood)
}

minus_log_likelihood <- function(theta, model) -estimates(theta, model)$log_likelihood

# Twice the squared variance of a contrast over the variance of that variance (delta method).
satterthwaite <- function(fitted, weights) {
  variance <- function(theta) {
    c(weights %*% estimates(theta, fitted$model)$covariance %*% weights)
  }
  slope <- numDeriv::grad(variance, fitted$theta)
  2 * variance(fitted$theta)^2 / c(slope %*% solve(fitted$hessian, slope))
}

# The covariance of all times that a fit by gls has found.
gls_covariance <- function(fitted, times) {
  correlation <- diag(length(times))
  correlation[lower.tri(correlation)] <-
    coef(fitted$modelStruct$corStruct, unconstrained = FALSE)
  correlation <- correlation + t(correlation) - diag(length(times))
  ratios <- coef(fitted$modelStruct$varStruct, unconstrained = FALSE, allCoef = TRUE)[times]
  fitted$sigma^2 * correlation * outer(ratios, ratios)
}
