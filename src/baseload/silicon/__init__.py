"""How fast, how hot, how dear: any model on any chip, bought or designed."""
