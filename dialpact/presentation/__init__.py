"""How things are told to people, whatever the door: texts in both languages, pages, words of values."""
