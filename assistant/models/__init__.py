"""Language models behind one Protocol, and the catalog from which model files are fetched."""
