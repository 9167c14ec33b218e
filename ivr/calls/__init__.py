"""One call: who calls, how it begins, its statuses and numbers, and how it is told in a sentence and in lists."""
