"""`python -m infraplan`."""

from infraplan.cli import main

if __name__ == "__main__":
    main()
