"""Everything that remembers: the only place with Piccolo, the object store and Pillow."""
