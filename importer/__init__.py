"""Turns spreadsheets of sales into Facturalia invoices: nothing lost, nothing doubled, nothing guessed."""
