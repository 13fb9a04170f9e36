"""What runs in the reader process: the only code that opens workbooks. It knows no pandas, no settings, no ledger."""
