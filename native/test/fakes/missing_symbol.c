/* A shim that needs a symbol which its libtorch does not have. */
extern int a_symbol_of_a_later_libtorch(void);
int gt_fake(void);
int gt_fake(void) { return a_symbol_of_a_later_libtorch(); }
