/* What every unit test program shares: one suite, TAP on standard output, no fork in a debugger. */
#ifndef DOORSTEP_UNIT_H
#define DOORSTEP_UNIT_H

#include <check.h>
#include <stdlib.h>

/* Runs one suite and returns main()'s exit code. Test names are sentences. */
static inline int unit_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
