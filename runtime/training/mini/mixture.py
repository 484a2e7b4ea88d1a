"""All skills, in the shares in which training sees them."""

from mini.skills import arithmetic, facts, lists, small_talk, tools, unknown, word_problems

SHARES = (
    (tools, 0.24),
    (arithmetic, 0.20),
    (lists, 0.18),
    (facts, 0.16),
    (word_problems, 0.11),
    (unknown, 0.05),
    (small_talk, 0.06),
)


def make(rng, split):
    """An example of some skill."""
    skill = rng.choices([module for module, _ in SHARES], [share for _, share in SHARES])[0]
    return skill.make(rng, split)
