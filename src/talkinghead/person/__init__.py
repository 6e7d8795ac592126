"""Persons: folders with what was learned from somebody's reference videos, for all methods."""

from talkinghead.person.adapt import PersonPlan, adapt_person, has_consent
from talkinghead.person.folder import Person, is_person, open_person

__all__ = ["Person", "PersonPlan", "adapt_person", "has_consent", "is_person", "open_person"]
