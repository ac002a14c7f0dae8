"""From runs to statements with stated error rates; functions of arrays that know no files."""
