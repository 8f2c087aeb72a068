"""The tests of encaisse. Their folders mirror the rooms of src/encaisse; stories/ tells whole cases, day by day."""
