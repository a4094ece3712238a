"""How long hypothesis searches in one test."""

from hypothesis import settings


def tries(number: int) -> settings:
    """So many examples where the profile of conftest.py says 100: those that cost more are fewer, in every profile."""
    return settings(max_examples=max(1, number * settings.default.max_examples // 100))
