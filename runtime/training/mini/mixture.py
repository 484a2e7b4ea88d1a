"""All skills, in the shares in which training and evaluation see them."""

from mini.skills import arithmetic, facts, lists, small_talk, tools, unknown, word_problems

EVALUATION = (
    (tools, 0.24),
    (arithmetic, 0.20),
    (lists, 0.18),
    (facts, 0.16),
    (word_problems, 0.11),
    (unknown, 0.05),
    (small_talk, 0.06),
)

TRAINING = (
    (tools, 0.35),
    (lists, 0.21),
    (arithmetic, 0.17),
    (word_problems, 0.10),
    (facts, 0.10),
    (unknown, 0.04),
    (small_talk, 0.03),
)
"""More of what takes longer to learn."""

MODULES = tuple(module for module, _ in TRAINING)
_WEIGHTS = tuple(share for _, share in TRAINING)


def make(rng, split):
    """An example of some skill, as training sees them."""
    return rng.choices(MODULES, _WEIGHTS)[0].make(rng, split)
