"""Words to a plan. A planner (:mod:`rules` or :mod:`llm_planner`) makes an outline in words and seconds;
:mod:`routing` decides everything else."""
