"""The stations of the line, one public function each. They never import each other; `pipeline` knows the order."""
