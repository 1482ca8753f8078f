# Write the data sets of several_arms.R. From tests/reference/: Rscript several_arms/make_datasets.R
# README.md in this folder says where each comes from, and under which licence.

write_table <- function(table, name) {
  write.csv(table, file.path("several_arms", paste0(name, ".csv")),
            row.names = FALSE, quote = FALSE, na = "", eol = "\n")
}

participants <- function(n) sprintf("P%03d", seq_len(n))

# ---------------------------------------------------------------- film_mood: four arms, three times

raw <- read.csv("../../examples/film_mood/raw/msq.csv")
raw <- raw[order(raw$participant, raw$time), ]
keys <- list(
  energetic_arousal = c(1, 24, 64, 65, 67, 29, 40, -53, -61, -21),
  tense_arousal = c(36, 39, 27, 60, 14, -47, -57, -43, -13, -9),
  positive_affect = c(1, 26, 58, 35, 19, 10, 37, 25, 45, 3),
  negative_affect = c(39, 42, 51, 2, 32, 6, 20, 63, 34, 38)
)
# The sum; with one or two answers missing, ten times the mean of the others; else no score.
score <- function(key) {
  points <- sapply(key, function(item) {
    answer <- raw[[sprintf("msq_%02d", abs(item))]]
    if (item < 0) 3 - answer else answer
  })
  ifelse(rowSums(is.na(points)) <= 2, rowMeans(points, na.rm = TRUE) * length(key), NA)
}
film <- data.frame(
  participant = participants(170),
  group = c("sad", "fear", "neutral", "comedy")[raw$film[raw$time == 1]]
)
for (scale in names(keys)) {
  scores <- score(keys[[scale]])
  for (time in 1:3) {
    film[[paste0(scale, "_", c("before", "after", "later")[time])]] <-
      sprintf("%.15g", scores[raw$time == time])
  }
}
film[film == "NA"] <- NA
write_table(film, "film_mood")

# ------------------------------------------------- weight_loss: three arms, three times, 34 people

weights <- carData::WeightLoss
loss <- data.frame(
  participant = participants(nrow(weights)),
  group = c(Control = "control", Diet = "diet", DietEx = "diet_exercise")[weights$group]
)
for (month in 1:3) {
  loss[[paste0("weight_loss_month_", month)]] <- weights[[paste0("wl", month)]]
}
for (month in 1:3) {
  loss[[paste0("self_esteem_month_", month)]] <- weights[[paste0("se", month)]]
}
write_table(loss, "weight_loss")

# The same with scores taken away: whoever has a number that 3 divides drops out before month 3,
# whoever has one that 7 divides before month 2, and P005 misses month 2 alone.
number <- seq_len(nrow(loss))
for (outcome in c("weight_loss", "self_esteem")) {
  loss[number %% 7 == 0 | number == 5, paste0(outcome, "_month_2")] <- NA
  loss[number %% 7 == 0 | number %% 3 == 0, paste0(outcome, "_month_3")] <- NA
}
write_table(loss, "weight_loss_dropout")

# ------------------------------------------- beat_the_blues: two arms, five times, 48 % drop-out

blues <- HSAUR3::BtheB
trial <- data.frame(
  participant = participants(nrow(blues)),
  group = c(TAU = "usual_care", BtheB = "beat_the_blues")[as.character(blues$treatment)]
)
for (time in c("pre", "2m", "3m", "5m", "8m")) {
  trial[[paste0("depression_", sub("^(.)m$", "m\\1", time))]] <- blues[[paste0("bdi.", time)]]
}
write_table(trial, "beat_the_blues")

# ------------------------------------------------------- anorexia: three arms, two times, 72 people

girls <- MASS::anorexia
write_table(data.frame(
  participant = participants(nrow(girls)),
  group = c(Cont = "control", CBT = "cbt", FT = "family")[as.character(girls$Treat)],
  weight_before = girls$Prewt, weight_after = girls$Postwt
), "anorexia")
