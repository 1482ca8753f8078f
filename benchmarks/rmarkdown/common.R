# What the four reports share: the cleaned and scored tables, and how a table is shown.
suppressPackageStartupMessages({library(afex); library(ggplot2)})
table_of <- function(name) read.csv(file.path(params$processed, paste0(name, ".csv")), stringsAsFactors = FALSE)
participants <- table_of("participants")
scores <- table_of("scores")
scores$group <- factor(scores$group, levels = c("training", "control"))
outcomes <- unique(scores$scale)
wide_of <- function(outcome) {
  rows <- scores[scores$scale == outcome, c("participant", "group", "time", "score")]
  wide <- reshape(rows, idvar = c("participant", "group"), timevar = "time", direction = "wide")
  names(wide)[3:4] <- c("baseline", "post")
  wide$change <- wide$post - wide$baseline
  wide[!is.na(wide$change), ]
}
bind <- function(rows) do.call(rbind, rows)
show <- function(table) knitr::kable(table, digits = 3, row.names = FALSE)
theme_set(theme_minimal())
