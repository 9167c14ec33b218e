"""The routes, a file for each subject. A route opens a transaction, calls one package, and shapes the answer."""
