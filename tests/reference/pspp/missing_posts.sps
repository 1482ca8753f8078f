* Written by run.py from the columns of missing_posts.
SET FORMAT=F20.14.
GET DATA /TYPE=TXT /FILE="datasets/missing_posts_items.csv" /ARRANGEMENT=DELIMITED
  /DELIMITERS="," /FIRSTCASE=2
  /VARIABLES=
    participant A12
    short_1 F20.14
    short_2 F20.14
    short_3 F20.14
    short_4 F20.14
    short_5 F20.14
    long_1 F20.14
    long_2 F20.14
    long_3 F20.14
    long_4 F20.14
    long_5 F20.14
    long_6 F20.14
    long_7 F20.14
    long_8 F20.14
    long_9 F20.14
    long_10 F20.14.
RELIABILITY /VARIABLES=
  short_1 short_2 short_3 short_4 short_5
  /SCALE("short")=ALL /SUMMARY=TOTAL.
RELIABILITY /VARIABLES=
  long_1 long_2 long_3 long_4 long_5 long_6
  long_7 long_8 long_9 long_10
  /SCALE("long")=ALL /SUMMARY=TOTAL.
GET DATA /TYPE=TXT /FILE="datasets/missing_posts_scores.csv" /ARRANGEMENT=DELIMITED
  /DELIMITERS="," /FIRSTCASE=2
  /VARIABLES=
    participant A12
    group A12
    age F20.14
    practice F20.14
    stress_baseline F20.14
    stress_post F20.14
    mindfulness_baseline F20.14
    mindfulness_post F20.14
    empathy_baseline F20.14
    empathy_post F20.14.
COMPUTE arm = 2.
IF (RTRIM(group) = "training") arm = 1.
COMPUTE trained = 2 - arm.
FORMATS arm trained (F1.0).
T-TEST /GROUPS=arm(1,2) /VARIABLES=age.
COMPUTE stress_change = stress_post - stress_baseline.
FORMATS stress_change (F20.14).
T-TEST /GROUPS=arm(1,2) /VARIABLES=stress_change.
NPAR TESTS /M-W stress_change BY arm(1,2).
ONEWAY stress_change BY arm /STATISTICS=HOMOGENEITY.
EXAMINE stress_change BY arm /PLOT=NPPLOT /STATISTICS=NONE.
REGRESSION /VARIABLES=stress_baseline trained /DEPENDENT=stress_post
  /STATISTICS=COEFF CI(95).
TEMPORARY.
SELECT IF trained = 1.
CORRELATIONS /VARIABLES=practice WITH stress_change.
TEMPORARY.
SELECT IF trained = 1.
REGRESSION /VARIABLES=practice /DEPENDENT=stress_change /STATISTICS=COEFF.
COMPUTE mindfulness_change = mindfulness_post - mindfulness_baseline.
FORMATS mindfulness_change (F20.14).
T-TEST /GROUPS=arm(1,2) /VARIABLES=mindfulness_change.
NPAR TESTS /M-W mindfulness_change BY arm(1,2).
ONEWAY mindfulness_change BY arm /STATISTICS=HOMOGENEITY.
EXAMINE mindfulness_change BY arm /PLOT=NPPLOT /STATISTICS=NONE.
REGRESSION /VARIABLES=mindfulness_baseline trained /DEPENDENT=mindfulness_post
  /STATISTICS=COEFF CI(95).
TEMPORARY.
SELECT IF trained = 1.
CORRELATIONS /VARIABLES=practice WITH mindfulness_change.
TEMPORARY.
SELECT IF trained = 1.
REGRESSION /VARIABLES=practice /DEPENDENT=mindfulness_change /STATISTICS=COEFF.
COMPUTE empathy_change = empathy_post - empathy_baseline.
FORMATS empathy_change (F20.14).
T-TEST /GROUPS=arm(1,2) /VARIABLES=empathy_change.
NPAR TESTS /M-W empathy_change BY arm(1,2).
ONEWAY empathy_change BY arm /STATISTICS=HOMOGENEITY.
EXAMINE empathy_change BY arm /PLOT=NPPLOT /STATISTICS=NONE.
REGRESSION /VARIABLES=empathy_baseline trained /DEPENDENT=empathy_post
  /STATISTICS=COEFF CI(95).
TEMPORARY.
SELECT IF trained = 1.
CORRELATIONS /VARIABLES=practice WITH empathy_change.
TEMPORARY.
SELECT IF trained = 1.
REGRESSION /VARIABLES=practice /DEPENDENT=empathy_change /STATISTICS=COEFF.
