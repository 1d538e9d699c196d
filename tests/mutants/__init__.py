"""Breaks the product's code in one place at a time and sees whether a unit test turns red: `make mutants`.

Libraries were looked at first. mutmut 3.8 leaves out every method of a dataclass, every decorated function
and everything outside of functions; cosmic-ray 8.7 rewrites files in place, has one test command for all of
them and removes no statement. Neither keeps a list of survivors with reasons.
"""
