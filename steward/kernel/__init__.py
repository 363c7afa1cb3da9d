"""The ground floor: settings, the database, refusals, HTTP, telemetry. Knows no room."""
