"""The run directory, and what is made of it: the page, JUnit, the table in the terminal."""
