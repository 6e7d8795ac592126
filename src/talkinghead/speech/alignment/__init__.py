"""Speech with its text -> when each word and phone is said; files that say so."""
