// Empty: its presence lets main.go declare a function that the linker finds elsewhere.
