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
    (tools, 0.40),
    (lists, 0.19),
    (arithmetic, 0.14),
    (word_problems, 0.14),
    (facts, 0.07),
    (unknown, 0.03),
    (small_talk, 0.03),
)
"""More of what takes longer to learn."""

MODULES = tuple(module for module, _ in TRAINING)
_WEIGHTS = tuple(share for _, share in TRAINING)


def make(rng, split):
    """An example of some skill, as training sees them."""
    return rng.choices(MODULES, _WEIGHTS)[0].make(rng, split)
