"""The profile file: how one export format becomes invoices. The only room that reads YAML."""
