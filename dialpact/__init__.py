"""The product, which knows no Asterisk: what must hold, where it is kept, and how people and programs ask."""
