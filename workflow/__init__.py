"""What the SOP "Penyebarluasan Data" decides: no server, no database, no file."""
