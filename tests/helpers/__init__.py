"""What tests share: made-up sounds, sessions and projects, small models, references, ways to run the program."""
