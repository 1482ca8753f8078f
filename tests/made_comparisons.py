"""Studies of one outcome in which groups are compared, and scores for them."""

from dataclasses import replace

import numpy as np
import pandas as pd

from imp_common.design import Outcome
from imp_intake.settings.study import Group, Time


def design(study, groups=("a", "c"), times=("pre", "post"), analysis="interaction"):
    """Return a study of one outcome with these groups (the reference last) and times."""
    scale = replace(study.outcomes[0].scale, id="y", label="Y")
    head = study.settings.study.model_copy(update={"primary_analysis": analysis})
    given = {"analysed_times": [times[0], times[-1]], "study": head}
    return replace(
        study,
        groups=tuple(
            Group(g, g.upper(), g, "control" if g == groups[-1] else "intervention") for g in groups
        ),
        times=tuple(Time(time, time, time) for time in times),
        outcomes=(Outcome(scale, "higher", "main"),),
        settings=study.settings.model_copy(update=given),
    )


def scores_of(wide, times=("pre", "post")):
    long = wide.melt(["participant", "group"], list(times), "time", "score")
    return long.assign(scale="y")


def three_groups():
    """Return 24 people in three groups at three times, of whom some are missed later."""
    random = np.random.default_rng(24)
    trait = random.normal(10, 3, 24)
    wide = pd.DataFrame({f"t{t}": trait + random.normal(0.4 * t, 1.5, 24) for t in range(3)}).round(
        3
    )
    wide.insert(0, "participant", [f"P{n:02d}" for n in range(24)])
    wide.insert(1, "group", np.repeat(["a", "b", "c"], 8))
    wide.loc[[3, 12, 20], "t2"] = np.nan
    wide.loc[[5, 15], "t1"] = np.nan
    return wide
