"""The company that all flows share: names, numbers, calendars, queues, teams and its own words."""
