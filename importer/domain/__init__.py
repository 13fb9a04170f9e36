"""Nouns and laws of the importer. Standard library only; everything may import it, it imports only `errors`.

The words, used everywhere in this sense: a *file* has *sheets*, a sheet has *rows* (numbered as the spreadsheet
shows them) made of *cells*; an *invoice* has *lines*. A *profile* says how one export becomes invoices. An *account*
is one Facturalia administration. A *finding* is something wrong or odd in the data. A *plan* is what would be sent.
A *run* is one execution, an *attempt* one POST, an *outcome* what an attempt proved; the *ledger* remembers it all.
"""
