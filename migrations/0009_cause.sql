-- Why a golden id vanished or appeared: the pair of records, the decision or the change that did it, as JSON.
ALTER TABLE change_event ADD COLUMN cause text;
