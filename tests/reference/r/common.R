# What every script shares: the data sets, and one way of recording a statistic.
# The scripts are run by run_all.R, in tests/reference/.

datasets <- c("synthetic_study", "unequal_groups", "missing_posts", "heavy_ties", "few_people")

read_table <- function(dataset, kind) {
  read.csv(file.path("datasets", paste0(dataset, "_", kind, ".csv")), stringsAsFactors = FALSE)
}

outcomes_of <- function(scores) {
  sub("_baseline$", "", grep("_baseline$", names(scores), value = TRUE))
}

# Everybody with a group, one outcome's two scores and their difference; posts may be missing.
people_of <- function(scores, outcome) {
  people <- scores[, c("participant", "group", "age", "practice")]
  people$group <- factor(people$group, levels = c("training", "control"))
  people$baseline <- scores[[paste0(outcome, "_baseline")]]
  people$post <- scores[[paste0(outcome, "_post")]]
  people$change <- people$post - people$baseline
  people
}

complete_of <- function(scores, outcome) {
  people <- people_of(scores, outcome)
  people[!is.na(people$change), ]
}

recorded <- list()

# Statistics of one measure: a named list of numbers; what is not a finite number is left out.
record <- function(dataset, measure, statistics, package) {
  value <- unlist(statistics)
  keep <- is.finite(value)
  if (!any(keep)) return(invisible())
  source <- paste(package, as.character(packageVersion(package)))
  recorded[[length(recorded) + 1]] <<- data.frame(
    dataset, measure, statistic = names(value)[keep], value = sprintf("%.17g", value[keep]), source
  )
}

# Put a prefix before the names of a list: prefixed("welch", list(t = 1)) is list(welch.t = 1).
prefixed <- function(prefix, statistics) {
  setNames(statistics, paste(prefix, names(statistics), sep = "."))
}
