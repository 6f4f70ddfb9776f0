"""The recordings: looked for, seen, heard under an act with its reason, held, kept for longer, checked."""

from dialpact.web.console.recordings import acts, one, search, sound

PAGES = (*search.PAGES, *one.PAGES, *sound.PAGES, *acts.PAGES)
