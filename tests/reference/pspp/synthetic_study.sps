* Written by run.py from the columns of synthetic_study.
SET FORMAT=F20.14.
GET DATA /TYPE=TXT /FILE="datasets/synthetic_study_items.csv" /ARRANGEMENT=DELIMITED
  /DELIMITERS="," /FIRSTCASE=2
  /VARIABLES=
    participant A12
    ffmq_1 F20.14
    ffmq_2 F20.14
    ffmq_3 F20.14
    ffmq_4 F20.14
    ffmq_5 F20.14
    ffmq_6 F20.14
    ffmq_7 F20.14
    ffmq_8 F20.14
    ffmq_9 F20.14
    ffmq_10 F20.14
    ffmq_11 F20.14
    ffmq_12 F20.14
    ffmq_13 F20.14
    ffmq_14 F20.14
    ffmq_15 F20.14
    ffmq_16 F20.14
    ffmq_17 F20.14
    ffmq_18 F20.14
    ffmq_19 F20.14
    ffmq_20 F20.14
    ffmq_21 F20.14
    ffmq_22 F20.14
    ffmq_23 F20.14
    ffmq_24 F20.14
    ffmq_25 F20.14
    ffmq_26 F20.14
    ffmq_27 F20.14
    ffmq_28 F20.14
    ffmq_29 F20.14
    ffmq_30 F20.14
    ffmq_31 F20.14
    ffmq_32 F20.14
    ffmq_33 F20.14
    ffmq_34 F20.14
    ffmq_35 F20.14
    ffmq_36 F20.14
    ffmq_37 F20.14
    ffmq_38 F20.14
    ffmq_39 F20.14
    scs_1 F20.14
    scs_2 F20.14
    scs_3 F20.14
    scs_4 F20.14
    scs_5 F20.14
    scs_6 F20.14
    scs_7 F20.14
    scs_8 F20.14
    scs_9 F20.14
    scs_10 F20.14
    scs_11 F20.14
    scs_12 F20.14
    scs_13 F20.14
    scs_14 F20.14
    scs_15 F20.14
    scs_16 F20.14
    scs_17 F20.14
    scs_18 F20.14
    scs_19 F20.14
    scs_20 F20.14
    scs_21 F20.14
    scs_22 F20.14
    scs_23 F20.14
    scs_24 F20.14
    eq_1 F20.14
    eq_2 F20.14
    eq_3 F20.14
    eq_4 F20.14
    eq_5 F20.14
    eq_6 F20.14
    eq_7 F20.14
    eq_8 F20.14
    eq_9 F20.14
    eq_10 F20.14
    eq_11 F20.14
    eq_12 F20.14
    eq_13 F20.14
    eq_14 F20.14
    eq_15 F20.14
    eq_16 F20.14
    eq_17 F20.14
    eq_18 F20.14
    eq_19 F20.14
    eq_20 F20.14
    eq_21 F20.14
    eq_22 F20.14
    eq_23 F20.14
    eq_24 F20.14
    eq_25 F20.14
    eq_26 F20.14
    eq_27 F20.14
    eq_28 F20.14
    eq_29 F20.14
    eq_30 F20.14
    eq_31 F20.14
    eq_32 F20.14
    eq_33 F20.14
    eq_34 F20.14
    eq_35 F20.14
    eq_36 F20.14
    eq_37 F20.14
    eq_38 F20.14
    eq_39 F20.14
    eq_40 F20.14
    pss_1 F20.14
    pss_2 F20.14
    pss_3 F20.14
    pss_4 F20.14
    pss_5 F20.14
    pss_6 F20.14
    pss_7 F20.14
    pss_8 F20.14
    pss_9 F20.14
    pss_10 F20.14
    proqol_1 F20.14
    proqol_2 F20.14
    proqol_3 F20.14
    proqol_4 F20.14
    proqol_5 F20.14
    proqol_6 F20.14
    proqol_7 F20.14
    proqol_8 F20.14
    proqol_9 F20.14
    proqol_10 F20.14
    proqol_11 F20.14
    proqol_12 F20.14
    proqol_13 F20.14
    proqol_14 F20.14
    proqol_15 F20.14
    proqol_16 F20.14
    proqol_17 F20.14
    proqol_18 F20.14
    proqol_19 F20.14
    proqol_20 F20.14
    proqol_21 F20.14
    proqol_22 F20.14
    proqol_23 F20.14
    proqol_24 F20.14
    proqol_25 F20.14
    proqol_26 F20.14
    proqol_27 F20.14
    proqol_28 F20.14
    proqol_29 F20.14
    proqol_30 F20.14.
RELIABILITY /VARIABLES=
  ffmq_1 ffmq_6 ffmq_11 ffmq_15 ffmq_20 ffmq_26
  ffmq_31 ffmq_36
  /SCALE("ffmq_observing")=ALL /SUMMARY=TOTAL.
RELIABILITY /VARIABLES=
  ffmq_2 ffmq_7 ffmq_12 ffmq_16 ffmq_22 ffmq_27
  ffmq_32 ffmq_37
  /SCALE("ffmq_describing")=ALL /SUMMARY=TOTAL.
RELIABILITY /VARIABLES=
  ffmq_5 ffmq_8 ffmq_13 ffmq_18 ffmq_23 ffmq_28
  ffmq_34 ffmq_38
  /SCALE("ffmq_acting_with_awareness")=ALL /SUMMARY=TOTAL.
RELIABILITY /VARIABLES=
  ffmq_3 ffmq_10 ffmq_14 ffmq_17 ffmq_25 ffmq_30
  ffmq_35 ffmq_39
  /SCALE("ffmq_nonjudging")=ALL /SUMMARY=TOTAL.
RELIABILITY /VARIABLES=
  ffmq_4 ffmq_9 ffmq_19 ffmq_21 ffmq_24 ffmq_29
  ffmq_33
  /SCALE("ffmq_nonreactivity")=ALL /SUMMARY=TOTAL.
RELIABILITY /VARIABLES=
  ffmq_1 ffmq_6 ffmq_11 ffmq_15 ffmq_20 ffmq_26
  ffmq_31 ffmq_36 ffmq_2 ffmq_7 ffmq_12 ffmq_16
  ffmq_22 ffmq_27 ffmq_32 ffmq_37 ffmq_5 ffmq_8
  ffmq_13 ffmq_18 ffmq_23 ffmq_28 ffmq_34 ffmq_38
  ffmq_3 ffmq_10 ffmq_14 ffmq_17 ffmq_25 ffmq_30
  ffmq_35 ffmq_39 ffmq_4 ffmq_9 ffmq_19 ffmq_21
  ffmq_24 ffmq_29 ffmq_33
  /SCALE("ffmq_total")=ALL /SUMMARY=TOTAL.
RELIABILITY /VARIABLES=
  scs_5 scs_12 scs_19 scs_22
  /SCALE("scs_self_kindness")=ALL /SUMMARY=TOTAL.
RELIABILITY /VARIABLES=
  scs_1 scs_8 scs_11 scs_16
  /SCALE("scs_self_judgement")=ALL /SUMMARY=TOTAL.
RELIABILITY /VARIABLES=
  scs_3 scs_7 scs_10 scs_15
  /SCALE("scs_common_humanity")=ALL /SUMMARY=TOTAL.
RELIABILITY /VARIABLES=
  scs_4 scs_13 scs_18 scs_24
  /SCALE("scs_isolation")=ALL /SUMMARY=TOTAL.
RELIABILITY /VARIABLES=
  scs_9 scs_14 scs_17 scs_21
  /SCALE("scs_mindfulness")=ALL /SUMMARY=TOTAL.
RELIABILITY /VARIABLES=
  scs_2 scs_6 scs_20 scs_23
  /SCALE("scs_over_identification")=ALL /SUMMARY=TOTAL.
RELIABILITY /VARIABLES=
  scs_5 scs_12 scs_19 scs_22 scs_1 scs_8
  scs_11 scs_16 scs_3 scs_7 scs_10 scs_15
  scs_4 scs_13 scs_18 scs_24 scs_9 scs_14
  scs_17 scs_21 scs_2 scs_6 scs_20 scs_23
  /SCALE("scs_total")=ALL /SUMMARY=TOTAL.
RELIABILITY /VARIABLES=
  eq_1 eq_2 eq_3 eq_4 eq_5 eq_6
  eq_7 eq_8 eq_9 eq_10 eq_11 eq_12
  eq_13 eq_14 eq_15 eq_16 eq_17 eq_18
  eq_19 eq_20 eq_21 eq_22 eq_23 eq_24
  eq_25 eq_26 eq_27 eq_28 eq_29 eq_30
  eq_31 eq_32 eq_33 eq_34 eq_35 eq_36
  eq_37 eq_38 eq_39 eq_40
  /SCALE("eq_total")=ALL /SUMMARY=TOTAL.
RELIABILITY /VARIABLES=
  pss_1 pss_2 pss_3 pss_4 pss_5 pss_6
  pss_7 pss_8 pss_9 pss_10
  /SCALE("pss_total")=ALL /SUMMARY=TOTAL.
RELIABILITY /VARIABLES=
  proqol_3 proqol_6 proqol_12 proqol_16 proqol_18 proqol_20
  proqol_22 proqol_24 proqol_27 proqol_30
  /SCALE("proqol_compassion_satisfaction")=ALL /SUMMARY=TOTAL.
RELIABILITY /VARIABLES=
  proqol_1 proqol_4 proqol_8 proqol_10 proqol_15 proqol_17
  proqol_19 proqol_21 proqol_26 proqol_29
  /SCALE("proqol_burnout")=ALL /SUMMARY=TOTAL.
RELIABILITY /VARIABLES=
  proqol_2 proqol_5 proqol_7 proqol_9 proqol_11 proqol_13
  proqol_14 proqol_23 proqol_25 proqol_28
  /SCALE("proqol_secondary_traumatic_stress")=ALL /SUMMARY=TOTAL.
RELIABILITY /VARIABLES=
  proqol_1 proqol_4 proqol_8 proqol_10 proqol_15 proqol_17
  proqol_19 proqol_21 proqol_26 proqol_29 proqol_2 proqol_5
  proqol_7 proqol_9 proqol_11 proqol_13 proqol_14 proqol_23
  proqol_25 proqol_28
  /SCALE("proqol_compassion_fatigue")=ALL /SUMMARY=TOTAL.
GET DATA /TYPE=TXT /FILE="datasets/synthetic_study_scores.csv" /ARRANGEMENT=DELIMITED
  /DELIMITERS="," /FIRSTCASE=2
  /VARIABLES=
    participant A12
    group A12
    age F20.14
    practice F20.14
    ffmq_total_baseline F20.14
    ffmq_total_post F20.14
    scs_total_baseline F20.14
    scs_total_post F20.14
    eq_total_baseline F20.14
    eq_total_post F20.14
    pss_total_baseline F20.14
    pss_total_post F20.14
    proqol_compassion_satisfaction_baseline F20.14
    proqol_compassion_satisfaction_post F20.14
    proqol_compassion_fatigue_baseline F20.14
    proqol_compassion_fatigue_post F20.14
    ffmq_observing_baseline F20.14
    ffmq_observing_post F20.14
    ffmq_describing_baseline F20.14
    ffmq_describing_post F20.14
    ffmq_acting_with_awareness_baseline F20.14
    ffmq_acting_with_awareness_post F20.14
    ffmq_nonjudging_baseline F20.14
    ffmq_nonjudging_post F20.14
    ffmq_nonreactivity_baseline F20.14
    ffmq_nonreactivity_post F20.14
    scs_self_kindness_baseline F20.14
    scs_self_kindness_post F20.14
    scs_self_judgement_baseline F20.14
    scs_self_judgement_post F20.14
    scs_common_humanity_baseline F20.14
    scs_common_humanity_post F20.14
    scs_isolation_baseline F20.14
    scs_isolation_post F20.14
    scs_mindfulness_baseline F20.14
    scs_mindfulness_post F20.14
    scs_over_identification_baseline F20.14
    scs_over_identification_post F20.14.
COMPUTE arm = 2.
IF (RTRIM(group) = "training") arm = 1.
COMPUTE trained = 2 - arm.
FORMATS arm trained (F1.0).
T-TEST /GROUPS=arm(1,2) /VARIABLES=age.
COMPUTE ffmq_total_change = ffmq_total_post - ffmq_total_baseline.
FORMATS ffmq_total_change (F20.14).
T-TEST /GROUPS=arm(1,2) /VARIABLES=ffmq_total_change.
NPAR TESTS /M-W ffmq_total_change BY arm(1,2).
ONEWAY ffmq_total_change BY arm /STATISTICS=HOMOGENEITY.
EXAMINE ffmq_total_change BY arm /PLOT=NPPLOT /STATISTICS=NONE.
REGRESSION /VARIABLES=ffmq_total_baseline trained /DEPENDENT=ffmq_total_post
  /STATISTICS=COEFF CI(95).
TEMPORARY.
SELECT IF trained = 1.
CORRELATIONS /VARIABLES=practice WITH ffmq_total_change.
TEMPORARY.
SELECT IF trained = 1.
REGRESSION /VARIABLES=practice /DEPENDENT=ffmq_total_change /STATISTICS=COEFF.
COMPUTE scs_total_change = scs_total_post - scs_total_baseline.
FORMATS scs_total_change (F20.14).
T-TEST /GROUPS=arm(1,2) /VARIABLES=scs_total_change.
NPAR TESTS /M-W scs_total_change BY arm(1,2).
ONEWAY scs_total_change BY arm /STATISTICS=HOMOGENEITY.
EXAMINE scs_total_change BY arm /PLOT=NPPLOT /STATISTICS=NONE.
REGRESSION /VARIABLES=scs_total_baseline trained /DEPENDENT=scs_total_post
  /STATISTICS=COEFF CI(95).
TEMPORARY.
SELECT IF trained = 1.
CORRELATIONS /VARIABLES=practice WITH scs_total_change.
TEMPORARY.
SELECT IF trained = 1.
REGRESSION /VARIABLES=practice /DEPENDENT=scs_total_change /STATISTICS=COEFF.
COMPUTE eq_total_change = eq_total_post - eq_total_baseline.
FORMATS eq_total_change (F20.14).
T-TEST /GROUPS=arm(1,2) /VARIABLES=eq_total_change.
NPAR TESTS /M-W eq_total_change BY arm(1,2).
ONEWAY eq_total_change BY arm /STATISTICS=HOMOGENEITY.
EXAMINE eq_total_change BY arm /PLOT=NPPLOT /STATISTICS=NONE.
REGRESSION /VARIABLES=eq_total_baseline trained /DEPENDENT=eq_total_post
  /STATISTICS=COEFF CI(95).
TEMPORARY.
SELECT IF trained = 1.
CORRELATIONS /VARIABLES=practice WITH eq_total_change.
TEMPORARY.
SELECT IF trained = 1.
REGRESSION /VARIABLES=practice /DEPENDENT=eq_total_change /STATISTICS=COEFF.
COMPUTE pss_total_change = pss_total_post - pss_total_baseline.
FORMATS pss_total_change (F20.14).
T-TEST /GROUPS=arm(1,2) /VARIABLES=pss_total_change.
NPAR TESTS /M-W pss_total_change BY arm(1,2).
ONEWAY pss_total_change BY arm /STATISTICS=HOMOGENEITY.
EXAMINE pss_total_change BY arm /PLOT=NPPLOT /STATISTICS=NONE.
REGRESSION /VARIABLES=pss_total_baseline trained /DEPENDENT=pss_total_post
  /STATISTICS=COEFF CI(95).
TEMPORARY.
SELECT IF trained = 1.
CORRELATIONS /VARIABLES=practice WITH pss_total_change.
TEMPORARY.
SELECT IF trained = 1.
REGRESSION /VARIABLES=practice /DEPENDENT=pss_total_change /STATISTICS=COEFF.
COMPUTE proqol_compassion_satisfaction_change = proqol_compassion_satisfaction_post - proqol_compassion_satisfaction_baseline.
FORMATS proqol_compassion_satisfaction_change (F20.14).
T-TEST /GROUPS=arm(1,2) /VARIABLES=proqol_compassion_satisfaction_change.
NPAR TESTS /M-W proqol_compassion_satisfaction_change BY arm(1,2).
ONEWAY proqol_compassion_satisfaction_change BY arm /STATISTICS=HOMOGENEITY.
EXAMINE proqol_compassion_satisfaction_change BY arm /PLOT=NPPLOT /STATISTICS=NONE.
REGRESSION /VARIABLES=proqol_compassion_satisfaction_baseline trained /DEPENDENT=proqol_compassion_satisfaction_post
  /STATISTICS=COEFF CI(95).
TEMPORARY.
SELECT IF trained = 1.
CORRELATIONS /VARIABLES=practice WITH proqol_compassion_satisfaction_change.
TEMPORARY.
SELECT IF trained = 1.
REGRESSION /VARIABLES=practice /DEPENDENT=proqol_compassion_satisfaction_change /STATISTICS=COEFF.
COMPUTE proqol_compassion_fatigue_change = proqol_compassion_fatigue_post - proqol_compassion_fatigue_baseline.
FORMATS proqol_compassion_fatigue_change (F20.14).
T-TEST /GROUPS=arm(1,2) /VARIABLES=proqol_compassion_fatigue_change.
NPAR TESTS /M-W proqol_compassion_fatigue_change BY arm(1,2).
ONEWAY proqol_compassion_fatigue_change BY arm /STATISTICS=HOMOGENEITY.
EXAMINE proqol_compassion_fatigue_change BY arm /PLOT=NPPLOT /STATISTICS=NONE.
REGRESSION /VARIABLES=proqol_compassion_fatigue_baseline trained /DEPENDENT=proqol_compassion_fatigue_post
  /STATISTICS=COEFF CI(95).
TEMPORARY.
SELECT IF trained = 1.
CORRELATIONS /VARIABLES=practice WITH proqol_compassion_fatigue_change.
TEMPORARY.
SELECT IF trained = 1.
REGRESSION /VARIABLES=practice /DEPENDENT=proqol_compassion_fatigue_change /STATISTICS=COEFF.
COMPUTE ffmq_observing_change = ffmq_observing_post - ffmq_observing_baseline.
FORMATS ffmq_observing_change (F20.14).
T-TEST /GROUPS=arm(1,2) /VARIABLES=ffmq_observing_change.
NPAR TESTS /M-W ffmq_observing_change BY arm(1,2).
ONEWAY ffmq_observing_change BY arm /STATISTICS=HOMOGENEITY.
EXAMINE ffmq_observing_change BY arm /PLOT=NPPLOT /STATISTICS=NONE.
REGRESSION /VARIABLES=ffmq_observing_baseline trained /DEPENDENT=ffmq_observing_post
  /STATISTICS=COEFF CI(95).
TEMPORARY.
SELECT IF trained = 1.
CORRELATIONS /VARIABLES=practice WITH ffmq_observing_change.
TEMPORARY.
SELECT IF trained = 1.
REGRESSION /VARIABLES=practice /DEPENDENT=ffmq_observing_change /STATISTICS=COEFF.
COMPUTE ffmq_describing_change = ffmq_describing_post - ffmq_describing_baseline.
FORMATS ffmq_describing_change (F20.14).
T-TEST /GROUPS=arm(1,2) /VARIABLES=ffmq_describing_change.
NPAR TESTS /M-W ffmq_describing_change BY arm(1,2).
ONEWAY ffmq_describing_change BY arm /STATISTICS=HOMOGENEITY.
EXAMINE ffmq_describing_change BY arm /PLOT=NPPLOT /STATISTICS=NONE.
REGRESSION /VARIABLES=ffmq_describing_baseline trained /DEPENDENT=ffmq_describing_post
  /STATISTICS=COEFF CI(95).
TEMPORARY.
SELECT IF trained = 1.
CORRELATIONS /VARIABLES=practice WITH ffmq_describing_change.
TEMPORARY.
SELECT IF trained = 1.
REGRESSION /VARIABLES=practice /DEPENDENT=ffmq_describing_change /STATISTICS=COEFF.
COMPUTE ffmq_acting_with_awareness_change = ffmq_acting_with_awareness_post - ffmq_acting_with_awareness_baseline.
FORMATS ffmq_acting_with_awareness_change (F20.14).
T-TEST /GROUPS=arm(1,2) /VARIABLES=ffmq_acting_with_awareness_change.
NPAR TESTS /M-W ffmq_acting_with_awareness_change BY arm(1,2).
ONEWAY ffmq_acting_with_awareness_change BY arm /STATISTICS=HOMOGENEITY.
EXAMINE ffmq_acting_with_awareness_change BY arm /PLOT=NPPLOT /STATISTICS=NONE.
REGRESSION /VARIABLES=ffmq_acting_with_awareness_baseline trained /DEPENDENT=ffmq_acting_with_awareness_post
  /STATISTICS=COEFF CI(95).
TEMPORARY.
SELECT IF trained = 1.
CORRELATIONS /VARIABLES=practice WITH ffmq_acting_with_awareness_change.
TEMPORARY.
SELECT IF trained = 1.
REGRESSION /VARIABLES=practice /DEPENDENT=ffmq_acting_with_awareness_change /STATISTICS=COEFF.
COMPUTE ffmq_nonjudging_change = ffmq_nonjudging_post - ffmq_nonjudging_baseline.
FORMATS ffmq_nonjudging_change (F20.14).
T-TEST /GROUPS=arm(1,2) /VARIABLES=ffmq_nonjudging_change.
NPAR TESTS /M-W ffmq_nonjudging_change BY arm(1,2).
ONEWAY ffmq_nonjudging_change BY arm /STATISTICS=HOMOGENEITY.
EXAMINE ffmq_nonjudging_change BY arm /PLOT=NPPLOT /STATISTICS=NONE.
REGRESSION /VARIABLES=ffmq_nonjudging_baseline trained /DEPENDENT=ffmq_nonjudging_post
  /STATISTICS=COEFF CI(95).
TEMPORARY.
SELECT IF trained = 1.
CORRELATIONS /VARIABLES=practice WITH ffmq_nonjudging_change.
TEMPORARY.
SELECT IF trained = 1.
REGRESSION /VARIABLES=practice /DEPENDENT=ffmq_nonjudging_change /STATISTICS=COEFF.
COMPUTE ffmq_nonreactivity_change = ffmq_nonreactivity_post - ffmq_nonreactivity_baseline.
FORMATS ffmq_nonreactivity_change (F20.14).
T-TEST /GROUPS=arm(1,2) /VARIABLES=ffmq_nonreactivity_change.
NPAR TESTS /M-W ffmq_nonreactivity_change BY arm(1,2).
ONEWAY ffmq_nonreactivity_change BY arm /STATISTICS=HOMOGENEITY.
EXAMINE ffmq_nonreactivity_change BY arm /PLOT=NPPLOT /STATISTICS=NONE.
REGRESSION /VARIABLES=ffmq_nonreactivity_baseline trained /DEPENDENT=ffmq_nonreactivity_post
  /STATISTICS=COEFF CI(95).
TEMPORARY.
SELECT IF trained = 1.
CORRELATIONS /VARIABLES=practice WITH ffmq_nonreactivity_change.
TEMPORARY.
SELECT IF trained = 1.
REGRESSION /VARIABLES=practice /DEPENDENT=ffmq_nonreactivity_change /STATISTICS=COEFF.
COMPUTE scs_self_kindness_change = scs_self_kindness_post - scs_self_kindness_baseline.
FORMATS scs_self_kindness_change (F20.14).
T-TEST /GROUPS=arm(1,2) /VARIABLES=scs_self_kindness_change.
NPAR TESTS /M-W scs_self_kindness_change BY arm(1,2).
ONEWAY scs_self_kindness_change BY arm /STATISTICS=HOMOGENEITY.
EXAMINE scs_self_kindness_change BY arm /PLOT=NPPLOT /STATISTICS=NONE.
REGRESSION /VARIABLES=scs_self_kindness_baseline trained /DEPENDENT=scs_self_kindness_post
  /STATISTICS=COEFF CI(95).
TEMPORARY.
SELECT IF trained = 1.
CORRELATIONS /VARIABLES=practice WITH scs_self_kindness_change.
TEMPORARY.
SELECT IF trained = 1.
REGRESSION /VARIABLES=practice /DEPENDENT=scs_self_kindness_change /STATISTICS=COEFF.
COMPUTE scs_self_judgement_change = scs_self_judgement_post - scs_self_judgement_baseline.
FORMATS scs_self_judgement_change (F20.14).
T-TEST /GROUPS=arm(1,2) /VARIABLES=scs_self_judgement_change.
NPAR TESTS /M-W scs_self_judgement_change BY arm(1,2).
ONEWAY scs_self_judgement_change BY arm /STATISTICS=HOMOGENEITY.
EXAMINE scs_self_judgement_change BY arm /PLOT=NPPLOT /STATISTICS=NONE.
REGRESSION /VARIABLES=scs_self_judgement_baseline trained /DEPENDENT=scs_self_judgement_post
  /STATISTICS=COEFF CI(95).
TEMPORARY.
SELECT IF trained = 1.
CORRELATIONS /VARIABLES=practice WITH scs_self_judgement_change.
TEMPORARY.
SELECT IF trained = 1.
REGRESSION /VARIABLES=practice /DEPENDENT=scs_self_judgement_change /STATISTICS=COEFF.
COMPUTE scs_common_humanity_change = scs_common_humanity_post - scs_common_humanity_baseline.
FORMATS scs_common_humanity_change (F20.14).
T-TEST /GROUPS=arm(1,2) /VARIABLES=scs_common_humanity_change.
NPAR TESTS /M-W scs_common_humanity_change BY arm(1,2).
ONEWAY scs_common_humanity_change BY arm /STATISTICS=HOMOGENEITY.
EXAMINE scs_common_humanity_change BY arm /PLOT=NPPLOT /STATISTICS=NONE.
REGRESSION /VARIABLES=scs_common_humanity_baseline trained /DEPENDENT=scs_common_humanity_post
  /STATISTICS=COEFF CI(95).
TEMPORARY.
SELECT IF trained = 1.
CORRELATIONS /VARIABLES=practice WITH scs_common_humanity_change.
TEMPORARY.
SELECT IF trained = 1.
REGRESSION /VARIABLES=practice /DEPENDENT=scs_common_humanity_change /STATISTICS=COEFF.
COMPUTE scs_isolation_change = scs_isolation_post - scs_isolation_baseline.
FORMATS scs_isolation_change (F20.14).
T-TEST /GROUPS=arm(1,2) /VARIABLES=scs_isolation_change.
NPAR TESTS /M-W scs_isolation_change BY arm(1,2).
ONEWAY scs_isolation_change BY arm /STATISTICS=HOMOGENEITY.
EXAMINE scs_isolation_change BY arm /PLOT=NPPLOT /STATISTICS=NONE.
REGRESSION /VARIABLES=scs_isolation_baseline trained /DEPENDENT=scs_isolation_post
  /STATISTICS=COEFF CI(95).
TEMPORARY.
SELECT IF trained = 1.
CORRELATIONS /VARIABLES=practice WITH scs_isolation_change.
TEMPORARY.
SELECT IF trained = 1.
REGRESSION /VARIABLES=practice /DEPENDENT=scs_isolation_change /STATISTICS=COEFF.
COMPUTE scs_mindfulness_change = scs_mindfulness_post - scs_mindfulness_baseline.
FORMATS scs_mindfulness_change (F20.14).
T-TEST /GROUPS=arm(1,2) /VARIABLES=scs_mindfulness_change.
NPAR TESTS /M-W scs_mindfulness_change BY arm(1,2).
ONEWAY scs_mindfulness_change BY arm /STATISTICS=HOMOGENEITY.
EXAMINE scs_mindfulness_change BY arm /PLOT=NPPLOT /STATISTICS=NONE.
REGRESSION /VARIABLES=scs_mindfulness_baseline trained /DEPENDENT=scs_mindfulness_post
  /STATISTICS=COEFF CI(95).
TEMPORARY.
SELECT IF trained = 1.
CORRELATIONS /VARIABLES=practice WITH scs_mindfulness_change.
TEMPORARY.
SELECT IF trained = 1.
REGRESSION /VARIABLES=practice /DEPENDENT=scs_mindfulness_change /STATISTICS=COEFF.
COMPUTE scs_over_identification_change = scs_over_identification_post - scs_over_identification_baseline.
FORMATS scs_over_identification_change (F20.14).
T-TEST /GROUPS=arm(1,2) /VARIABLES=scs_over_identification_change.
NPAR TESTS /M-W scs_over_identification_change BY arm(1,2).
ONEWAY scs_over_identification_change BY arm /STATISTICS=HOMOGENEITY.
EXAMINE scs_over_identification_change BY arm /PLOT=NPPLOT /STATISTICS=NONE.
REGRESSION /VARIABLES=scs_over_identification_baseline trained /DEPENDENT=scs_over_identification_post
  /STATISTICS=COEFF CI(95).
TEMPORARY.
SELECT IF trained = 1.
CORRELATIONS /VARIABLES=practice WITH scs_over_identification_change.
TEMPORARY.
SELECT IF trained = 1.
REGRESSION /VARIABLES=practice /DEPENDENT=scs_over_identification_change /STATISTICS=COEFF.
